// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { idOf, schedulesNamed } from './schedule.ts';
import { meaningOf, type Sharing } from './words.ts';

const validators: readonly (readonly [string, string])[] = [
  ['all ask for the shared layer before any is answered', 'together'],
  ['all ask for a layer of their own before any is answered', 'own-layers'],
  ['the first is held before any byte of the shared layer', 'leader-follower/headers/1'],
  ['the first is held after 0 bytes of the shared layer', 'leader-follower/headers/1'],
  ['the first is held after 1 byte of the shared layer', 'leader-follower/first-byte/1'],
  ['the first is held after 70000 bytes of the shared layer', 'leader-follower/byte-70000/1'],
  ['the first is held after a thousandth of the shared layer', 'leader-follower/thousandth/1'],
  ['the first is held when it has half of the shared layer', 'leader-follower/middle/1'],
  ['the first is held before the last byte of the shared layer', 'leader-follower/all-but-one/1'],
  ['the first is held after 9 bytes of the shared layer for longer than anybody likes to wait', 'leader-stalls/byte-9/1'],
  ['the first is held when it has half of a layer of its own', 'bystander/middle/1'],
  ['the first is killed when it has half of the shared layer', 'leader-killed/middle/1'],
  ["the first one's download fails with status 503", 'leader-fails/status-503/request/1'],
  ["the first one's download is reset half-way", 'leader-fails/reset/middle/1'],
  ["the first one's download is reset after 12 bytes of the shared layer", 'leader-fails/reset/byte-12/1'],
  ["the first one's download has a wrong byte when it has half of the shared layer", 'leader-fails/wrong-bytes/middle/1'],
  ["the first one's download is cut half-way", 'leader-fails/cut/middle/1'],
  ["the first one's download ends early before the last byte of the shared layer", 'leader-fails/short-body/all-but-one/1'],
  ["the first one's download pauses half-way", 'leader-fails/delay/middle/1'],
  ["the first one's download comes in drops after 3 bytes of the shared layer", 'leader-fails/trickle/byte-3/1'],
  ["the first one's download fails with status 401", 'leader-fails/status-401/request/1'],
  ['the disk is broken for the first one from the middle of the shared layer on', 'disk-fails/EIO/write/1'],
  ['the first stands after its rename of the shared entry', 'leader-follower/rename-1-either/1'],
  ['the first stands after its second write of the unpacked shared entry', 'leader-follower/write-2-tar/1'],
  ['the first is killed after its create of the packed shared entry', 'leader-killed/create-1/1'],
  ['the first stands after its rename of the shared entry and the others after their third write of it', 'two-stops/rename-1-either/write-3-either/1'],
  ['all write the shared layer at once, the first behind', 'two-writers/behind/1'],
  ['the disk is full for the first one from the middle of the shared layer on', 'disk-fails/ENOSPC/write/1'],
  ['the disk is read-only for the first one from the middle of the shared layer on', 'disk-fails/EROFS/rename/1'],
  ["all entries are removed after the first one's open of the shared entry", 'evict-while-reading/open-1-either'],
];

const components: readonly (readonly [string, string])[] = [
  ['all are under way before any layer comes', 'components-under-way'],
  ['the first is held after 1 byte of the shared layer', 'components-in-turn/first-byte'],
  ['the download is held before any byte of the shared layer', 'components/go/headers'],
  ['the download is reset half-way', 'components/reset/middle'],
  ['the download has a wrong byte after 5 bytes of the shared layer', 'components/wrong-bytes/byte-5'],
  ["the first one's download is reset before the others begin", 'components-after-failure/reset'],
  ["the first one's download ends early before the others begin", 'components-after-failure/short-body'],
];

const all = [...validators.map((one) => ['validators', ...one] as const), ...components.map((one) => ['components', ...one] as const)];

describe('words of a step', () => {
  it.each(all)('%s share one cold cache and %s: %s', (who, clause, schedule) => {
    expect(meaningOf(`one cold cache and ${clause}`, who)).toEqual({ cache: { state: 'cold' }, schedule });
    expect(schedulesNamed(schedule, 3).map(idOf)).toEqual([schedule]);
  });

  it.each([
    ['one warm cache', { state: 'warm' }],
    ['one half-filled cache', { state: 'half-filled' }],
    ['one damaged cache', { state: 'damaged', how: 'truncated' }],
    ['one cache with altered entries', { state: 'damaged', how: 'flipped' }],
    ['one cache with empty entries', { state: 'damaged', how: 'empty' }],
    ['one cache with overlong entries', { state: 'damaged', how: 'too-long' }],
    ['one cache with folders for entries', { state: 'damaged', how: 'folder' }],
  ])('%s', (words, cache) => {
    expect(meaningOf(words, 'validators')).toEqual({ cache, schedule: undefined });
    expect(meaningOf(`${words} and all ask for the shared layer before any is answered`, 'validators')).toEqual({ cache, schedule: 'together' });
  });

  const refused: readonly (readonly [Sharing, string, RegExp])[] = [
    ['validators', 'one lukewarm cache', /no cache is known as "one lukewarm cache"\n {2}there are:\n {2}one cold cache\n {2}one warm cache\n/],
    ['validators', 'two cold caches', /no cache is known as "two cold caches"/],
    ['validators', 'one constructor cache', /no cache is known/],
    ['validators', 'one cold cache and the first dances', /nobody knows what validators do when "the first dances"\n {2}there are:\n {2}all ask for the shared layer before any is answered\n[^]* {2}where\n {2}PLACE: before any byte, /],
    ['validators', 'one cold cache and the download is reset half-way', /nobody knows/],
    ['components', 'one cold cache and the first is killed when it has half of the shared layer', /nobody knows what components do/],
    ['components', 'one cold cache and the download ends early half-way', /BREAKS: is reset, has a wrong byte/],
    ['validators', "one cold cache and the first one's download fails with status 418", /STATUS: 401\|404\|429\|500\|503/],
    ['validators', 'one cold cache and the first stands after its dance of the shared entry', /CALL: /],
    ['validators', 'one cold cache and', /no cache is known as/],
  ];
  it.each(refused)('%s share %s: what there is instead', (who, words, message) => {
    expect(() => meaningOf(words, who)).toThrow(expect.objectContaining({ code: 'SCHEDULE_INVALID', message: expect.stringMatching(message) }));
  });
});
