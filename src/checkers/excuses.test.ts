// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { excused } from './excuses.ts';
import { historyOf } from './test-history.ts';

it('excuses whose process or download was struck, not who had to be patient or whose cache was in trouble', () => {
  const faults = ['kill', 'reset', 'cut', 'short-body', 'wrong-bytes', 'status 401', 'delay 500 ms', 'trickle 20 bytes every 5 ms, 10 times', 'EMFILE/open', 'evict'];
  const history = historyOf(...faults.map((fault) => ({ kind: 'fault-struck', gate: 'leader', participant: fault, fault }) as const));
  expect(excused(history)).toEqual(['kill', 'reset', 'cut', 'short-body', 'wrong-bytes', 'status 401']);
});
