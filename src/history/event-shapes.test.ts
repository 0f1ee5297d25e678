// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { arrived, blobRequest, compared, exited, file, historyOf, known, layer, looked, opened, response, started } from '../checkers/test-history.ts';
import { publishedEventSchema, requireShapes } from './event-shapes.ts';
import type { Event, EventBody, History } from './event.ts';

const bodies: readonly EventBody[] = [
  known, { ...known, shared: layer.digest, cache: 'damaged' } as EventBody, { ...opened('g', 'condition'), fault: 'kill' } as EventBody, started('a'), exited('a'), blobRequest(1, 'GET', 'sha256:a'), response(1, 200), arrived('g', 'a'), opened('g', 'timeout'), file('held', 'x', 'prefix'), looked('after'), compared('a', false),
  { kind: 'fault-struck', gate: 'g', participant: 'a', fault: 'kill' },
  { kind: 'file-call', participant: 'a', call: { family: 'write', entry: '', nth: 1, path: '', name: 'write', result: '7' } },
  { kind: 'turn-taken', participant: 'a', step: 1, standing: [] },
  { kind: 'turns-over', reason: 'closed', steps: 1 },
  { kind: 'log-fault', fault: 'slow', after: 1 },
  { kind: 'log-told', answer: 'upload-accepted' },
  { kind: 'log-asked', method: 'GET', path: '/', outcome: 'answered' },
  { kind: 'log-asked', method: 'POST', path: '/', outcome: 'upload-accepted', entry: 'intoto 0.0.2', status: 201 },
  { kind: 'log-entry-seen', uuid: 'u', logIndex: 1, problem: null },
  { kind: 'log-looked-at', entries: 1, answered: true, problem: null },
  { kind: 'snapshot-compared', snapshot: 's', outcome: 'matched' },
  { kind: 'limits-known', participant: 'a', rssBytes: 1, openFiles: 1, threads: 1, diskBytes: 1 },
  { kind: 'usual-files-known', paths: ['index.json'] },
];

describe('the shapes of events', () => {
  it('let every kind of event pass, with members that are not known yet', () => {
    const history = historyOf(...bodies).map((event) => ({ ...event, later: true }));
    expect(requireShapes(history, 'f')).toBe(history);
  });

  it.each([
    ['at of no run', (event: Event) => ({ ...event, at: -1 }), 'at: -1 is no time'],
    ['at of ages', (event: Event) => ({ ...event, at: 1e300 }), 'is no time of a run'],
    ['a number for a name', (event: Event) => ({ ...event, participant: 3 }), 'participant: '],
    ['a missing member', (event: Event) => ({ ...event, command: undefined }), 'command: '],
    ['an object in a list', (event: Event) => ({ ...event, command: [{}] }), 'command.0: '],
  ])('name the event and the member: %s', (_, spoil, problem) => {
    const history = historyOf(known, started('a')).map((event) => (event.kind === 'validator-started' ? spoil(event) : event)) as unknown as History;
    expect(() => requireShapes(history, 'runs/x/history.ndjson')).toThrow(expect.objectContaining({ code: 'HISTORY_CORRUPT', message: expect.stringMatching(`^event 1 of runs/x/history.ndjson is not what a validator-started is: .*${problem}`) as string }));
  });
});

describe('the published schema', async () => {
  const published = await readFile(new URL('../../schemas/event.schema.json', import.meta.url), 'utf8');
  const isEvent = new Ajv2020({ strict: true, strictTypes: false, discriminator: true }).compile(JSON.parse(published) as object);

  it('is the one that the code makes: npm run schemas:build', () => {
    expect(published).toBe(publishedEventSchema());
  });

  it('takes every kind of event, by another validator than the one that made it', () => {
    for (const event of historyOf(...bodies).map((event) => ({ ...event, later: true }))) expect([isEvent(event), isEvent.errors]).toEqual([true, null]);
  });

  it.each([['a kind that there is not', { kind: 'rumour' }], ['no time', { at: undefined }], ['a number for a name', { participant: 3 }], ['a missing member', { command: undefined }]])('refuses one with %s', (_, change) => {
    const [event] = historyOf(started('a'));
    expect(isEvent(JSON.parse(JSON.stringify({ ...event, ...change })))).toBe(false);
  });
});
