// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { enumerate, idOf, isOfCalls } from '../explore/schedule.ts';
import type { CallPlaces } from '../explore/call-place.ts';
import { likelyFor } from './likelihood.ts';
import { candidates, mostByChance, type Candidate } from './search-order.ts';
import type { Symptom } from './report.ts';

const calls: CallPlaces = { cold: ['open-1', 'rename-1', 'close-4-folder'], warm: ['look-1-tar'], damaged: ['remove-1'], changing: ['rename-1', 'remove-1-tar'], disk: ['EMFILE/create', 'ENOSPC/write'] };

/** All candidates, and after how many of them the places of file calls were asked for. */
async function all(symptom: Symptom, more: { readonly sharing?: 'validators' | 'components'; readonly isOfValidators?: boolean; readonly places?: CallPlaces | undefined; readonly participants?: number; readonly isUntouched?: boolean; readonly description?: string } = {}) {
  const found: Candidate[] = [];
  let probedAt = -1;
  const places = async () => {
    probedAt = found.length;
    return await Promise.resolve({ calls: 'places' in more ? more.places : calls, steps: 20 });
  };
  const likely = likelyFor({ symptom, description: more.description ?? '', workload: more.sharing === undefined ? {} : { sharing: more.sharing } });
  for await (const candidate of candidates({ participants: more.participants ?? 2, likely, isOfValidators: more.isOfValidators ?? true, isUntouched: more.isUntouched ?? false, seed: 'one', places })) found.push(candidate);
  return { found, probedAt, ids: found.map(({ schedule }) => idOf(schedule)) };
}

describe('the order of a search', () => {
  it('begins with the likeliest strategy at its most telling place', async () => {
    expect((await all({ exitStatus: 1 })).ids.slice(0, 5)).toEqual(['leader-follower/middle/1', 'components-in-turn/middle', 'two-writers/ahead/1', 'leader-killed/middle/1', 'leader-fails/reset/middle/1']);
    expect((await all({ hangs: true })).ids.slice(0, 2)).toEqual(['leader-killed/middle/1', 'components/reset/middle']);
    expect((await all({ hangs: true }, { sharing: 'components' })).ids[0]).toBe('components/reset/middle');
    expect((await all({ checker: 'failure-told' })).ids[0]).toBe('components/reset/all-but-one');
    expect((await all({ checker: 'fetched-once' })).ids[0]).toBe('together');
    expect((await all({ checker: 'not-delayed' })).ids[0]).toBe('bystander/middle/1');
    expect((await all({ checker: 'asked-again' })).ids[0]).toBe('components-after-failure/reset');
  });

  it('begins with what the text speaks of', async () => {
    expect((await all({ contains: 'no space left on device' })).ids[0]).toBe('disk-fails/ENOSPC/write/1');
    expect((await all({ matches: 'timed out' })).ids[0]).toBe('leader-stalls/middle/1');
    expect((await all({ exitStatus: 1, matches: 'ENOENT.*rename' })).ids[0]).toBe('leader-follower/middle/1');
    expect((await all({ exitStatus: 1, contains: 'rename /cache/x.tmp: no such file' })).ids[0]).toBe('leader-follower/middle/1');
    expect((await all({ checker: 'cache-intact' }, { description: 'A slow process still has the unfinished file open, and appends to it.' })).ids[0]).toBe('two-writers/ahead/1');
    expect((await all({ matches: 'ENOENT' })).ids[0]).toMatch(/^evict-while-reading/);
  });

  it('goes by a checker before it goes by words', async () => {
    expect((await all({ checker: 'not-delayed' }, { description: 'One lock is held as long as the network takes.' })).ids[0]).toBe('bystander/middle/1');
  });

  it('begins at the places that the report speaks of, pairs of stops included', async () => {
    expect((await all({ differsFromSerial: true }, { description: 'Published before its content. A reader in between reads nothing.' })).ids[0]).toBe('leader-follower/rename-1/1');
    expect((await all({ checker: 'nothing-fetched' }, { description: 'One is missing in the list.' })).ids[0]).toBe('leader-follower/close-4-folder/1');
    expect((await all({ differsFromSerial: true }, { description: 'It is deleted and then put in its place again.' })).ids[0]).toBe('late-writer/look-1-tar/remove-1-tar');
    expect((await all({ differsFromSerial: true }, { description: 'It is found under the name of another document.' })).ids[0]).toBe('unusual/same-size');
    expect((await all({ checker: 'bounded' })).ids[0]).toBe('unusual/large-layer');
  });

  it('damages entries early only where the report speaks of that', async () => {
    expect((await all({ differsFromSerial: true }, { description: 'An entry that was damaged is used.' })).ids[0]).toBe('damaged/truncated');
    const { ids } = await all({ differsFromSerial: true });
    expect(ids.indexOf('damaged/truncated')).toBeGreaterThan(ids.indexOf('leader-follower/rename-1/1'));
  });

  it('does nothing to entries from outside where the report says that nobody has', async () => {
    const { found, ids } = await all({ differsFromSerial: true }, { isUntouched: true, description: 'An entry that was damaged' });
    expect(found.filter(({ schedule }) => ['damaged', 'mending', 'evict-while-reading', 'disk-fails'].includes(schedule.strategy))).toEqual([]);
    expect(ids[0]).toBe('leader-follower/middle/1');
  });

  it('lets the first lead at all places before the second', async () => {
    const { ids } = await all({ differsFromSerial: true });
    expect(ids.indexOf('leader-follower/middle/2')).toBeGreaterThan(ids.indexOf('leader-follower/all-but-one/1'));
  });

  it('begins with components where the report speaks of them', async () => {
    expect((await all({ exitStatus: 1 }, { sharing: 'components' })).ids[0]).toBe('components-in-turn/middle');
  });

  it('makes calm runs under a tracer only when nothing likely is left that needs none', async () => {
    const { found, probedAt } = await all({ exitStatus: 1 });
    expect(probedAt).toBe(8);
    expect(found.slice(0, probedAt).every(({ schedule }) => !isOfCalls(schedule))).toBe(true);
  });

  it('has everything that stops one process once, each once, and then pairs and chance in turns', async () => {
    const { found, ids } = await all({ exitStatus: 1 });
    const once = enumerate(2, calls).map(idOf);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.slice(0, once.length).sort()).toEqual([...once].sort());
    const chance = found.slice(once.length);
    expect(chance.every(({ phase }) => phase === 'pairs and chance')).toBe(true);
    expect(chance.filter(({ schedule }) => schedule.strategy === 'random')).toHaveLength(mostByChance);
  });

  it('tries a strategy of each kind before the second place of any', async () => {
    const { found } = await all({ exitStatus: 1 });
    const phases = found.map(({ phase }) => phase);
    expect(phases.indexOf('places')).toBe(phases.lastIndexOf('strategies') + 1);
    const first = found.filter(({ phase }) => phase === 'strategies').map(({ schedule }) => schedule.strategy);
    // Between two steps of the leader is another strategy than in the middle of its download.
    expect(first.filter((strategy) => strategy === 'leader-follower')).toHaveLength(2);
    expect(new Set(first).size).toBe(first.length - 1);
  });

  it('leaves file calls alone where they can not be seen, and components where there are none', async () => {
    const { found } = await all({ exitStatus: 1 }, { places: undefined, isOfValidators: false });
    expect(found.some(({ schedule }) => isOfCalls(schedule) || schedule.strategy.startsWith('components') || schedule.strategy === 'unusual')).toBe(false);
  });

  it('lets two lead of many: images are alike', async () => {
    const { found } = await all({ exitStatus: 1 }, { participants: 6 });
    expect(Math.max(...found.map(({ schedule }) => ('leader' in schedule ? schedule.leader : 0)))).toBe(2);
  });
});
