// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { NamedVerdict } from '../checkers/checker.ts';
import { causeKey, causeOf } from './cause.ts';

const broken = (checker: string, sentence: string): NamedVerdict => ({ checker, verdict: { verdict: 'broken', sentence, events: [] } });
const one = 'sha256:1111111111111111111111111111111111111111111111111111111111111111';
const other = 'sha256:2222222222222222222222222222222222222222222222222222222222222222';

describe('the cause of a failure', () => {
  it('is the same whoever led, whichever layer it was and however many bytes of it', () => {
    const first = causeOf('leader-follower/middle/1', [broken('never-half-written', `${one} could be seen with 4 bytes of it`)]);
    const second = causeOf('leader-follower/middle/2', [broken('never-half-written', `${other} could be seen with 17 bytes of it; ${one} could be seen with 3 bytes of it`)]);
    expect(first).toEqual({ symptom: 'never-half-written: digest could be seen with N bytes of it', strategy: 'leader-follower', place: 'middle' });
    expect(second).toEqual(first);
  });

  it('is another one at another place, under another strategy, and for another symptom', () => {
    const verdicts = [broken('cache-intact', 'x is cut off')];
    const keys = ['leader-follower/middle/1', 'leader-follower/all/1', 'leader-killed/middle/1'].map((id) => causeKey(causeOf(id, verdicts)!));
    keys.push(causeKey(causeOf('leader-follower/middle/1', [broken('ended', 'a was killed')])!));
    expect(new Set(keys).size).toBe(4);
  });

  it('has all checkers in one order, and no place where chance decides', () => {
    const [a, b] = [broken('ended', 'v-1 was killed'), broken('cache-intact', 'x')];
    expect(causeOf('random/3/64/17', [a, b])).toEqual({ symptom: 'cache-intact+ended: v-N was killed', strategy: 'random', place: '' });
    expect(causeKey(causeOf('together', [b])!)).toBe('together | cache-intact: x');
  });

  it('is none where nothing is broken', () => {
    expect(causeOf('together', [{ checker: 'ended', verdict: { verdict: 'held' } }, { checker: 'overlapped', verdict: { verdict: 'unknown', reason: 'r' } }])).toBeUndefined();
  });
});
