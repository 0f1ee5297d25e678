// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaignSchema, type Campaign } from './campaign.ts';
import { ofShard, plannedRuns, type SeenWorkload } from './plans.ts';

function campaign(changes: object): Campaign {
  return { ...campaignSchema.parse({ name: 'c', targets: [{ name: 'reference', subject: 'reference' }], ...changes }), file: 'c.json', known: [] } as unknown as Campaign;
}

const seen: SeenWorkload = { target: 'reference', participants: 2, calls: { cold: [], warm: [], damaged: [], disk: [] } as unknown as SeenWorkload['calls'], trouble: undefined, steps: 150, hasComponents: false };

describe('the runs of several machines', () => {
  it('are all runs, and none is in two, all repetitions of a plan on the same machine', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 12 }), fc.string({ minLength: 1, maxLength: 8 }), (count, seed) => {
      const all = plannedRuns(campaign({ random: { schedules: 20, depth: 3 } }), seed, [seen], new Set());
      const parts = Array.from({ length: count }, (_, at) => ofShard(all, { index: at + 1, count }));
      expect(parts.flat().sort((one, other) => one.position - other.position)).toEqual(all);
      const machineOf = new Map<string, number>();
      parts.forEach((part, at) => part.forEach(({ schedule }) => expect(machineOf.set(schedule, machineOf.get(schedule) ?? at).get(schedule)).toBe(at)));
    }), { numRuns: 50 });
  });

  it('are all schedules of chance once, though each machine has seen another number of steps', () => {
    const chance = (steps: number, index: number): readonly string[] => ofShard(plannedRuns(campaign({ random: { schedules: 60, depth: 3 } }), 's', [{ ...seen, steps }], new Set()), { index, count: 3 })
      .filter(({ schedule }) => schedule.startsWith('random/')).map(({ schedule }) => schedule.split('/')[3] ?? '');
    const seeds = [...chance(150, 1), ...chance(152, 2), ...chance(161, 3)];
    expect([seeds.length, new Set(seeds).size]).toEqual([60, 60]);
  });
});
