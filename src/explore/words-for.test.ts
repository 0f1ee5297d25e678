// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { enumerate, idOf } from './schedule.ts';
import { wordsFor } from './words-for.ts';
import { meaningOf } from './words.ts';

describe('the words of a schedule', () => {
  it.each([
    ['leader-follower/middle/1', 'one cold cache and the first is held when it has half of the shared layer'],
    ['leader-killed/byte-70/1', 'one cold cache and the first is killed after 70 bytes of the shared layer'],
    ['leader-fails/status-503/request/1', "one cold cache and the first one's download fails with status 503"],
    ['leader-fails/reset/middle/1', "one cold cache and the first one's download is reset half-way"],
    ['disk-fails/ENOSPC/write/1', 'one cold cache and the disk is full for the first one from the middle of the shared layer on'],
    ['evict-while-reading/look-1-tar', "one warm cache and all entries are removed after the first one's look of the unpacked shared entry"],
    ['two-stops/rename-1/look-2-tar/1', 'one cold cache and the first stands after its rename of the packed shared entry and the others after their second look of the unpacked shared entry'],
    ['mending/rename-1/1', 'one damaged cache and the first stands after its rename of the packed shared entry'],
    ['damaged/flipped', 'one cache with altered entries'],
  ])('%s', (schedule, words) => {
    expect(wordsFor(schedule)).toEqual({ who: 'validators', words });
  });

  it('are of components where the schedule is', () => {
    expect(wordsFor('components-in-turn/first-byte')).toEqual({ who: 'components', words: 'one cold cache and the first is held after 1 byte of the shared layer' });
    expect(wordsFor('components/go/middle')).toMatchObject({ who: 'components' });
  });

  it.each(['late-writer/look-1-tar/remove-1-tar', 'leader-follower/close-4-folder/1', 'leader-follower/middle/2', 'random/3/60/7', 'naive', 'unusual/same-size'])('%s has none', (schedule) => {
    expect(wordsFor(schedule)).toBeUndefined();
  });

  it('mean the schedule again, whatever is enumerated', () => {
    const said = enumerate(2).map(idOf).filter((id) => !id.startsWith('damaged')).flatMap((id) => {
      const words = wordsFor(id);
      return words === undefined ? [] : [[id, meaningOf(words.words, words.who).schedule]];
    });
    expect(said.length).toBeGreaterThan(40);
    for (const [id, meant] of said) expect(meant).toBe(id);
  });
});
