// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { EventBody } from '../history/event.ts';
import { failureTold } from './failure-told.ts';
import { blobRequest, exited, historyOf, started } from './test-history.ts';

const one = 'validator-1';
const struck = (fault = 'reset'): EventBody => ({ kind: 'fault-struck', gate: 'leader', request: 1, participant: one, fault });
const failed: EventBody = { ...exited(one), kind: 'validator-exited', exitCode: 1 } as EventBody;
const asked = blobRequest(1, 'GET', 'sha256:layer');

it('held when who was cut off ended with another status than 0, or asked again', () => {
  expect(failureTold.check(historyOf(started(one), asked, struck(), failed))).toEqual({ verdict: 'held' });
  expect(failureTold.check(historyOf(started(one), asked, struck(), blobRequest(2, 'GET', 'sha256:layer'), exited(one)))).toEqual({ verdict: 'held' });
});

it('broken when it ended with status 0 all the same', () => {
  const history = historyOf(started(one), asked, struck(), exited(one));
  expect(failureTold.check(history)).toMatchObject({ verdict: 'broken', sentence: expect.stringContaining(one) as string, events: [2] });
});

it('unknown when nothing was struck but with a kill, the disk, or slowness', () => {
  for (const fault of ['delay 500 ms', 'trickle 20 bytes every 5 ms, 10 times', 'EMFILE/open']) {
    expect(failureTold.check(historyOf(started(one), asked, struck(fault), exited(one))).verdict).toBe('unknown');
  }
  expect(failureTold.check(historyOf(started(one), exited(one))).verdict).toBe('unknown');
  expect(failureTold.check(historyOf(started(one), asked, struck('kill'), exited(one, 'signalled'))).verdict).toBe('unknown');
});
