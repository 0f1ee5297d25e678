// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { outcomesAgree } from './outcomes-agree.ts';
import { compared, exited, historyOf, started } from './test-history.ts';

const ran = [started('one'), started('two'), exited('one'), exited('two')];

describe('outcomes-agree', () => {
  it('held when every outcome is that of the run alone', () => {
    expect(outcomesAgree.check(historyOf(...ran, compared('one', true), compared('two', true)))).toEqual({ verdict: 'held' });
  });

  it('broken by one that differs, with the difference, also where others were not compared', () => {
    const verdict = outcomesAgree.check(historyOf(...ran, compared('two', false)));
    expect(verdict).toMatchObject({ verdict: 'broken', events: [4], sentence: expect.stringMatching(/two(.|\n)*\+failure/) as string });
  });

  it('held by one that has told of its failure, where that is all it promises; broken by another one', () => {
    const told = { ...compared('two', false), isTold: true as const };
    expect(outcomesAgree.check(historyOf(...ran, compared('one', true), told))).toEqual({ verdict: 'held' });
    expect(outcomesAgree.check(historyOf(...ran, compared('one', false), told))).toMatchObject({ verdict: 'broken', events: [4] });
  });

  it.each([
    ['nothing was compared', historyOf(...ran)],
    ['one was not compared', historyOf(...ran, compared('one', true))],
  ])('unknown when %s', (_what, history) => {
    expect(outcomesAgree.check(history).verdict).toBe('unknown');
  });
});
