// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';
import { exploring } from './test-explore.ts';

const crane = toolOrSkip('crane');
let runs = '';
const explore = (...args: readonly string[]) => exploring(runs)(...args);

// Not before it is known that anything is run: who is skipped removes nothing.
beforeAll(() => void (runs = mkdtempSync(join(tmpdir(), 'explore-test-'))));
afterAll(() => rmSync(runs, { recursive: true }));

function stored(name: string): string {
  const files = readdirSync(runs, { recursive: true }).map(String).filter((file) => file.endsWith(name) && statSync(join(runs, file)).isFile());
  return files.map((file) => readFileSync(join(runs, file), 'utf8')).join('\n');
}

describe.skipIf(crane === undefined)('crane on a registry that speaks https and asks for tokens', () => {
  it('is forced half-way, through TLS: both stood there, and it makes another archive', () => {
    const { status, text, last } = explore('--subject', 'crane-secure', '--binary', crane ?? '', '--replay', 'leader-follower/middle/1');
    expect(text).toMatch(/outcomes-agree \(scheduled run\): validator-2 differs/);
    expect(last).toMatch(/^1 of 1 schedules: 0 held, 1 broken/);
    expect(status).toBe(1);
    const history = stored('scheduled/history.ndjson');
    expect(history).toMatch(/"kind":"gate-arrived","gate":"leader","participant":"validator-1",.*"afterBytes":\d{5,}/);
    const reasons = [...history.matchAll(/"kind":"gate-opened","gate":"(\w+)","reason":"([\w-]+)"/g)].map(([, gate, reason]) => `${gate}: ${reason}`);
    expect([...new Set(reasons)].sort()).toEqual(['leader: condition', 'others: condition']);
    expect(history).toContain('"path":"/token?');
    expect(stored('registry.log')).toMatch(/^GET \/token\?.* 200$/m);
  });

  it('has nothing to be found without a cache', () => {
    const { status, last } = explore('--subject', 'crane-secure', '--binary', crane ?? '', '--without-cache', '--schedule', 'together', '--schedule', 'leader-fails/reset/middle');
    expect(last).toMatch(/^(\d+) of \1 schedules: \1 held, 0 broken, 0 unknown/);
    expect(status).toBe(0);
  });
});
