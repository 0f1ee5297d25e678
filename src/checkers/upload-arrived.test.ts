// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { EventBody } from '../history/event.ts';
import { exited, historyOf } from './test-history.ts';
import { uploadArrived } from './upload-arrived.ts';

const expected: EventBody = { kind: 'log-told', answer: 'upload-accepted' };
const sent = (entry: string, status = 201): EventBody => ({ kind: 'log-asked', method: 'POST', path: '/api/v1/log/entries', outcome: 'upload-accepted', entry, status });

describe('upload-arrived', () => {
  it('held when the log took an attestation of each validator that ended well', () => {
    expect(uploadArrived.check(historyOf(expected, sent('intoto 0.0.2'), exited('one')))).toEqual({ verdict: 'held' });
    expect(uploadArrived.check(historyOf(expected, sent('dsse 0.0.1'), sent('hashedrekord 0.0.1'), sent('intoto 0.0.2'), exited('one'), exited('two')))).toEqual({ verdict: 'held' });
    expect(uploadArrived.check(historyOf(expected, sent('dsse 0.0.1'), exited('one'), exited('two', 'signalled')))).toEqual({ verdict: 'held' });
  });

  it.each([
    ['nothing was sent', historyOf(expected, exited('one')), 'the log was to get an attestation and took 0; nothing else was sent'],
    ['what was sent is a signature', historyOf(expected, sent('hashedrekord 0.0.1'), exited('one')), 'besides it was sent hashedrekord 0.0.1, answered 201'],
    ['the log did not take it', historyOf(expected, sent('intoto 0.0.2', 400)), 'besides it was sent intoto 0.0.2, answered 400'],
    ['what was sent is no entry', historyOf(expected, sent('', 422)), 'what is no entry, answered 422'],
    ['one of two sent nothing', historyOf(expected, sent('dsse 0.0.1'), exited('one'), exited('two')), 'the log was to get 2 attestations and took 1'],
    ['something else was asked', historyOf(expected, { kind: 'log-asked', method: 'GET', path: '/', outcome: 'answered' }), 'took 0'],
  ])('broken when %s', (_what, history, sentence) => {
    expect(uploadArrived.check(history)).toMatchObject({ verdict: 'broken', sentence: expect.stringContaining(sentence) });
  });

  it('unknown when no step has expected any', () => {
    expect(uploadArrived.check(historyOf(exited('one'))).verdict).toBe('unknown');
    expect(uploadArrived.check(historyOf({ kind: 'log-told', answer: 'upload-refused' }, exited('one'))).verdict).toBe('unknown');
  });
});
