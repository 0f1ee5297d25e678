// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { turnsOf } from './random-schedule.ts';

const participants = ['validator-1', 'validator-2', 'validator-3'];

// At its first step it has not begun: whoever falls behind then is the last one from the beginning, and each would run from its beginning to its end.
it('interrupts the first one after it has begun and before it has ended', () => {
  fc.assert(fc.property(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 6, max: 400 }), fc.nat(1_000_000), (depth, steps, seed) => {
    const { order, changes } = turnsOf({ strategy: 'random', depth, steps, seed }, { participants, timeoutMs: 1000, isTraced: true });
    expect([...order].sort()).toEqual(participants);
    expect(changes).toHaveLength(depth - 1);
    expect(changes[0]).toBeGreaterThanOrEqual(2);
    expect(changes[0]).toBeLessThanOrEqual(Math.max(2, steps / participants.length));
    for (const change of changes.slice(1)) expect(change).toBeGreaterThanOrEqual(1);
  }), { numRuns: 2000 });
});
