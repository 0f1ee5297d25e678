// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf } from './event.ts';
import { openRecorder } from './recorder.ts';
import { readHistory } from './store.ts';

const corrupt = expect.objectContaining({ code: 'HISTORY_CORRUPT' }) as Error;

describe('readHistory', () => {
  let folder: string;
  let file: string;
  let whole: Buffer;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'store-test-'));
    file = join(folder, 'recorded.ndjson');
    const recorder = openRecorder(file);
    recorder.record({ kind: 'workload-known', layers: [] });
    recorder.record({ kind: 'validator-started', participant: 'é-1', pid: 7, command: ['ec', 'validate'], directory: '/w' });
    recorder.record({ kind: 'cache-looked-at', moment: 'after', files: 3 });
    recorder.close();
    whole = readFileSync(file);
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  function stored(content: string | Buffer): string {
    const path = join(folder, 'changed.ndjson');
    writeFileSync(path, content);
    return path;
  }

  it('gives back what was recorded', () => {
    const history = readHistory(file);
    expect(history.map(({ kind, index }) => [kind, index])).toEqual([['workload-known', 0], ['validator-started', 1], ['cache-looked-at', 2]]);
    expect(eventsOf(history, 'validator-started')[0]?.participant).toBe('é-1');
  });

  it('reads every beginning of a history as the events that are whole in it', () => {
    const text = whole.toString();
    fc.assert(
      fc.property(fc.nat(whole.length), (length) => {
        const beginning = whole.subarray(0, length);
        const lines = text.split('\n').slice(0, -1);
        // A line that lacks nothing but its end is whole.
        const complete = lines.filter((_, index) => Buffer.byteLength(lines.slice(0, index + 1).join('\n')) <= length).length;
        return readHistory(stored(beginning)).length === complete;
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('is empty where nothing was recorded', () => {
    expect(readHistory(stored(''))).toEqual([]);
  });

  const good = '{"index":0,"at":0,"kind":"cache-looked-at","moment":"after","files":0}';
  it.each([
    ['a torn line that is not the last', `${good.slice(0, 20)}\n${good}\n`],
    ['a torn last line with a line end', `${good}\n{"index":1,\n`],
    ['an empty line', `${good}\n\n`],
    ['a missing event', `${good}\n${good.replace('"index":0', '"index":2')}\n`],
    ['an event twice', `${good}\n${good}\n`],
    ['no object', 'null\n'],
    ['no time', '{"index":0,"kind":"request"}\n'],
    ['an unknown kind', good.replace('cache-looked-at', 'constructor') + '\n'],
    ['two histories in one file', `${good}\n${good.replace('"files":0', '"files":1')}\n`],
  ])('refuses %s', (_name, content) => {
    expect(() => readHistory(stored(content))).toThrow(corrupt);
  });

  it('refuses a file that is not there', () => {
    expect(() => readHistory(join(folder, 'missing.ndjson'))).toThrow(corrupt);
  });
});
