// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { overlapped } from './overlapped.ts';
import { arrived, exited, historyOf, opened, started } from './test-history.ts';

const met = [arrived('layers', 'one'), arrived('layers', 'two'), opened('layers', 'condition')];

describe('overlapped', () => {
  it('held when every gate opened by its condition and all ran before the first ended', () => {
    const history = historyOf(started('one'), started('two'), ...met, exited('one'), exited('two'));
    expect(overlapped.check(history)).toEqual({ verdict: 'held' });
  });

  it.each(['timeout', 'abandoned', 'closed'] as const)('unknown when one gate of two opened by %s', (reason) => {
    const history = historyOf(started('one'), started('two'), ...met, opened('other', reason), exited('one'), exited('two'));
    expect(overlapped.check(history)).toMatchObject({ verdict: 'unknown', reason: expect.stringContaining('other') as string });
  });

  it.each([
    ['nothing was held', historyOf(started('one'), started('two'), exited('one'), exited('two'))],
    ['one started after another had ended', historyOf(started('one'), ...met, exited('one'), started('two'), exited('two'))],
    ['nobody saw a gate open where one stood', historyOf(started('one'), started('two'), ...met, arrived('other', 'one'))],
  ])('unknown when %s', (_what, history) => {
    expect(overlapped.check(history).verdict).toBe('unknown');
  });

  it('held when those who did not come waited, or ran to their end meanwhile', () => {
    const standstill = { ...opened('layers', 'condition'), arrived: 1, wanted: 3, waiting: ['two'], ended: ['three'] };
    const starts = [started('one'), started('two'), started('three')];
    const history = historyOf(...starts, arrived('layers', 'one'), exited('three'), standstill, exited('one'), exited('two'));
    expect(overlapped.check(history)).toEqual({ verdict: 'held' });
    const early = historyOf(...starts, exited('three'), arrived('layers', 'one'), standstill, exited('one'), exited('two'));
    expect(overlapped.check(early)).toMatchObject({ verdict: 'unknown' });
    const crashed = historyOf(...starts, arrived('layers', 'one'), exited('three', 'signalled'), standstill, exited('one'), exited('two'));
    expect(overlapped.check(crashed)).toMatchObject({ verdict: 'unknown' });
  });

  it('unknown when a fault was planned and struck nobody', () => {
    const planned = { kind: 'gate-opened', gate: 'layers', reason: 'condition', arrived: 2, wanted: 2, fault: 'wrong-bytes' } as const;
    const histories = ['layers', 'other'].map((gate) =>
      historyOf(started('one'), started('two'), arrived('layers', 'one'), arrived('layers', 'two'), planned, { kind: 'fault-struck', gate, request: 1, participant: 'one', fault: 'wrong-bytes' }, exited('one'), exited('two')));
    expect(histories.map((history) => overlapped.check(history))).toMatchObject([{ verdict: 'held' }, { verdict: 'unknown', reason: expect.stringContaining('wrong-bytes') as string }]);
  });

  it('never blames a validator', () => {
    const histories = (['timeout', 'closed'] as const).map((reason) => historyOf(exited('one', 'deadline'), started('two'), opened('layers', reason)));
    expect(histories.map((history) => overlapped.check(history).verdict)).not.toContain('broken');
  });
});
