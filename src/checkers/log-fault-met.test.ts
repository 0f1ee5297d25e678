// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { EventBody, LogAnswer, LogFault } from '../history/event.ts';
import { logFaultMet } from './log-fault-met.ts';
import { outcomesAgree } from './outcomes-agree.ts';
import { compared, historyOf } from './test-history.ts';

const told = (fault: LogFault, after = 0): EventBody => ({ kind: 'log-fault', fault, after });
const toldTo = (answer: LogAnswer): EventBody => ({ kind: 'log-told', answer });
const asked = (outcome: LogFault | LogAnswer | 'answered'): EventBody => ({ kind: 'log-asked', method: 'POST', path: '/api/v1/log/entries/retrieve', outcome });

describe('log-fault-met', () => {
  it('held when somebody met the failure, and before it as many answers as were wanted', () => {
    expect(logFaultMet.check(historyOf(told('status'), asked('status')))).toEqual({ verdict: 'held' });
    expect(logFaultMet.check(historyOf(told('down', 1), asked('answered'), asked('down')))).toEqual({ verdict: 'held' });
    expect(logFaultMet.check(historyOf(toldTo('upload-refused'), asked('answered'), asked('upload-refused')))).toEqual({ verdict: 'held' });
  });

  it.each([
    ['the log was not told to fail', historyOf(asked('answered'))],
    ['it was told to answer, which is no failure', historyOf(toldTo('entries-cleared'), asked('entries-cleared'))],
    ['nobody sent what was to be refused', historyOf(toldTo('upload-refused'), asked('answered'))],
    ['it fails besides, and was never to refuse anything', historyOf(told('slow'), toldTo('upload-refused'), asked('slow'))],
    ['nobody asked', historyOf(told('slow'))],
    ['nobody asked often enough', historyOf(told('down', 3), asked('answered'))],
    ['it failed before it had answered', historyOf(told('down', 1), asked('down'))],
  ])('unknown when %s', (_what, history) => {
    expect(logFaultMet.check(history).verdict).toBe('unknown');
  });

  it('nobody is blamed for outcomes that part where the log went down in the middle', () => {
    expect(outcomesAgree.check(historyOf(told('down'), asked('down'), compared('one', false))).verdict).toBe('unknown');
    expect(outcomesAgree.check(historyOf(told('status'), asked('status'), compared('one', false))).verdict).toBe('broken');
  });
});
