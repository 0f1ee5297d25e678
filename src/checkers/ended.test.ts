// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { EventBody } from '../history/event.ts';
import { ended } from './ended.ts';
import { exited, historyOf, started } from './test-history.ts';

describe('ended', () => {
  it('held when every validator exited by itself, whatever its exit code', () => {
    expect(ended.check(historyOf(started('one'), started('two'), exited('two'), exited('one')))).toEqual({ verdict: 'held' });
  });

  it('broken by several, told in the order of their names whoever was ended first', () => {
    const [two, ten, one] = [exited('v-2', 'deadline'), exited('v-10', 'deadline'), exited('v-1', 'deadline')];
    const said = (bodies: readonly EventBody[]) => ended.check(historyOf(started('v-1'), started('v-2'), started('v-10'), ...bodies));
    expect(said([two, ten, one])).toMatchObject({ verdict: 'broken', sentence: expect.stringMatching(/^v-1 .*v-2 .*v-10 /) as string, events: [5, 3, 4] });
  });

  it.each(['deadline', 'output-limit', 'signalled'] as const)('broken by one that ended by %s', (ending) => {
    const verdict = ended.check(historyOf(started('one'), started('two'), exited('one', 'stopped'), exited('two', ending)));
    expect(verdict).toMatchObject({ verdict: 'broken', events: [3], sentence: expect.stringContaining('two') as string });
  });

  it.each([
    ['nothing was started', historyOf()],
    ['one was stopped', historyOf(started('one'), exited('one', 'stopped'))],
    ['an end was not recorded', historyOf(started('one'), started('two'), exited('one'))],
  ])('unknown when %s', (_what, history) => {
    expect(ended.check(history).verdict).toBe('unknown');
  });
});
