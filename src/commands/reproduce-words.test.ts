// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Attempt } from '../explore/attempt.ts';
import { TerminalReport } from '../report/terminal.ts';
import type { Shrunk } from '../reproduce/shrink.ts';
import { collecting } from './collecting-stream.ts';
import { tellOfShrunk } from './reproduce-words.ts';

const schedule = 'leader-follower/middle/1';
const folder = join(process.cwd(), 'runs', '00007');

function told(missed: Pick<Attempt, 'verdict' | 'verdicts'> | undefined): string {
  const lines: string[] = [];
  const stability = { hits: missed === undefined ? 20 : 19, runs: 20, unforced: 0, shown: undefined, missed: missed === undefined ? undefined : { schedule, folder, ...missed } };
  const smallest = { schedule, participants: 2, shape: { layers: 1, layerBytes: 4096, flags: [] } };
  tellOfShrunk({ smallest, stability, runs: 7 } as unknown as Shrunk, { small: undefined, control: undefined }, new TerminalReport({ out: collecting(lines), root: '', again: '' }));
  return lines.join('\n');
}

const by = (checker: string, verdict: object): Attempt['verdicts'] => [{ run: 'scheduled', checker, verdict }] as Attempt['verdicts'];

describe('a smallest case that does not show it each time', () => {
  it.each([
    ['held', { verdict: 'held', verdicts: [] }, 'held'],
    ['could not be forced', { verdict: 'unknown', verdicts: by('overlapped', { verdict: 'unknown', reason: 'nobody came' }) }, 'unknown, overlapped: nobody came'],
    ['is broken in another way', { verdict: 'broken', verdicts: by('ended', { verdict: 'broken', sentence: 'validator-2 did not end', events: [] }) }, 'leader-follower | middle | ended: validator-N did not end'],
  ] as const)('says where one is to be seen that %s', (_, missed, words) => {
    expect(told(missed)).toMatch(/^stable {5}19 of 20 times \(76 % to 99 %\)$/m);
    expect(told(missed)).toContain(`\nnot in ${join('runs', '00007')}: ${words}`);
  });
});

it('says nothing of what did not happen', () => {
  expect(told(undefined)).toMatch(/^stable {5}20 of 20 times \(84 % to 100 %\)$/m);
  expect(told(undefined)).not.toContain('not in');
});
