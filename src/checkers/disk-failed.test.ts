// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { EventBody } from '../history/event.ts';
import { diskFailed } from './disk-failed.ts';
import { historyOf } from './test-history.ts';

const struck: EventBody = { kind: 'fault-struck', gate: 'leader', participant: 'a', fault: 'ENOSPC/write' };
const call = (participant: string, result: string): EventBody => ({ kind: 'file-call', participant, call: { family: 'write', entry: '', nth: 1, path: 't', name: 'write', result } });

it('held: a call met the error', () => {
  expect(diskFailed.check(historyOf(struck, call('a', '12'), call('a', 'ENOSPC'))).verdict).toBe('held');
});

it.each([
  ['nothing struck', [call('a', 'ENOSPC')]],
  ['another process met it', [struck, call('b', 'ENOSPC')]],
  ['another error', [struck, call('a', 'EIO')]],
  ['no call', [struck]],
] as const)('unknown: %s', (_, events) => {
  expect(diskFailed.check(historyOf(...events)).verdict).toBe('unknown');
});
