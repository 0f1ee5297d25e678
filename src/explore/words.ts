// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';
import type { CacheState } from '../history/event.ts';
import type { Damage } from './schedule.ts';

/** Who shares a cache: processes, or the components of one. */
export type Sharing = 'validators' | 'components';

/** What the words of a step ask for. */
export interface Meaning {
  readonly cache: ToldCache;
  /** The name of a schedule; undefined: nobody is held anywhere. */
  readonly schedule: string | undefined;
}

/** What a cache is told to be. */
export type ToldCache = { readonly state: Exclude<CacheState, 'damaged'> } | { readonly state: 'damaged'; readonly how: Damage };

const caches: Readonly<Record<string, ToldCache>> = {
  'one cold cache': { state: 'cold' },
  'one warm cache': { state: 'warm' },
  'one half-filled cache': { state: 'half-filled' },
  'one damaged cache': { state: 'damaged', how: 'truncated' },
  'one cache with truncated entries': { state: 'damaged', how: 'truncated' },
  'one cache with altered entries': { state: 'damaged', how: 'flipped' },
  'one cache with empty entries': { state: 'damaged', how: 'empty' },
  'one cache with overlong entries': { state: 'damaged', how: 'too-long' },
  'one cache with folders for entries': { state: 'damaged', how: 'folder' },
};

/** The small parts that clauses are put together from: how a part is written, and what a name has for it. */
export const parts: Readonly<Record<string, Part>> = {
  PLACE: {
    words: ['before any byte', 'after 1 byte', 'after N bytes', 'after a thousandth', 'when it has half', 'before the last byte'],
    form: 'before any byte|after \\d{1,12} bytes?|after a thousandth|when it has half|before the last byte',
    name: (said) => {
      const bytes = /\d+/.exec(said)?.[0];
      if (bytes !== undefined) return ({ 0: 'headers', 1: 'first-byte' } as Readonly<Record<number, string>>)[Number(bytes)] ?? `byte-${Number(bytes)}`;
      return { 'before any byte': 'headers', 'after a thousandth': 'thousandth', 'when it has half': 'middle' }[said] ?? 'all-but-one';
    },
    said: (name) => {
      const bytes = /^byte-(\d+)$/.exec(name)?.[1];
      return bytes === undefined ? { headers: 'before any byte', 'first-byte': 'after 1 byte', thousandth: 'after a thousandth', middle: 'when it has half', 'all-but-one': 'before the last byte' }[name] : `after ${bytes} bytes`;
    },
  },
  CALL: {
    words: ['[second|third] look|open|create|write|sync|close|rename|remove|lock of the [packed|unpacked] shared entry'],
    form: '(?:second |third )?(?:look|open|create|write|sync|close|rename|remove|lock) of (?:it|the (?:packed |unpacked )?shared entry)',
    name: (said) => {
      const family = /(\w+) of/.exec(said)?.[1] ?? '';
      const nth = said.startsWith('second ') ? 2 : said.startsWith('third ') ? 3 : 1;
      return `${family}-${nth}${said.includes('unpacked') ? '-tar' : said.includes('packed') ? '' : '-either'}`;
    },
    said: (name) => {
      const [, family, nth, what = ''] = /^(look|open|create|write|sync|close|rename|remove|lock)-([123])(-tar|-either)?$/.exec(name) ?? [];
      return family === undefined ? undefined : `${['', 'second ', 'third '][Number(nth) - 1] ?? ''}${family} of the ${{ '-tar': 'unpacked ', '-either': '' }[what] ?? 'packed '}shared entry`;
    },
  },
  STATUS: { words: ['401|404|429|500|503'], form: '401|404|429|500|503', name: (said) => said, said: (name) => (/^(?:401|404|429|500|503)$/.test(name) ? name : undefined) },
  FAILS: oneOf({ 'is reset': 'reset', 'is cut': 'cut', 'ends early': 'short-body', 'has a wrong byte': 'wrong-bytes' }),
  BREAKS: oneOf({ 'is reset': 'reset', 'has a wrong byte': 'wrong-bytes' }),
  SLOWS: oneOf({ pauses: 'delay', 'comes in drops': 'trickle' }),
  DISK: oneOf({ full: 'ENOSPC/write', broken: 'EIO/write', 'read-only': 'EROFS/rename' }),
  ORDER: oneOf({ ahead: 'ahead', behind: 'behind' }),
};

function oneOf(names: Readonly<Record<string, string>>): Part {
  const words = Object.keys(names);
  return { words, form: words.join('|'), name: (said) => names[said] ?? said, said: (name) => words.find((word) => names[word] === name) };
}

interface Part {
  readonly words: readonly string[];
  readonly form: string;
  readonly name: (said: string) => string;
  /** The other way round; undefined for a name that nobody can say. */
  readonly said: (name: string) => string | undefined;
}

type Clauses = readonly (readonly [words: string, schedule: string])[];

/** In a name, `PLACE` and the like stand for what was said there, the first time and the second. */
export const clauses: Readonly<Record<Sharing, Clauses>> = {
  validators: [
    ['all ask for the shared layer before any is answered', 'together'],
    ['all ask for a layer of their own before any is answered', 'own-layers'],
    ['the first is held PLACE of the shared layer', 'leader-follower/PLACE/1'],
    ['the first is held PLACE of the shared layer for longer than anybody likes to wait', 'leader-stalls/PLACE/1'],
    ['the first is held PLACE of a layer of its own', 'bystander/PLACE/1'],
    ['the first is killed PLACE of the shared layer', 'leader-killed/PLACE/1'],
    ["the first one's download fails with status STATUS", 'leader-fails/status-STATUS/request/1'],
    ["the first one's download FAILS half-way", 'leader-fails/FAILS/middle/1'],
    ["the first one's download FAILS PLACE of the shared layer", 'leader-fails/FAILS/PLACE/1'],
    ["the first one's download SLOWS half-way", 'leader-fails/SLOWS/middle/1'],
    ["the first one's download SLOWS PLACE of the shared layer", 'leader-fails/SLOWS/PLACE/1'],
    ['the first stands after its CALL', 'leader-follower/CALL/1'],
    ['the first is killed after its CALL', 'leader-killed/CALL/1'],
    ['the first stands after its CALL and the others after their CALL', 'two-stops/CALL/CALL/1'],
    ['all write the shared layer at once, the first ORDER', 'two-writers/ORDER/1'],
    ['the disk is DISK for the first one from the middle of the shared layer on', 'disk-fails/DISK/1'],
    ["all entries are removed after the first one's CALL", 'evict-while-reading/CALL'],
  ],
  components: [
    ['all are under way before any layer comes', 'components-under-way'],
    ['the first is held PLACE of the shared layer', 'components-in-turn/PLACE'],
    ['the download is held PLACE of the shared layer', 'components/go/PLACE'],
    ['the download BREAKS half-way', 'components/BREAKS/middle'],
    ['the download BREAKS PLACE of the shared layer', 'components/BREAKS/PLACE'],
    ["the first one's download FAILS before the others begin", 'components-after-failure/FAILS'],
  ],
};

/**
 * What `one cold cache and the first is held after 1 byte of the shared layer` asks for.
 * @throws StampedeError SCHEDULE_INVALID for words that nobody knows, with those that there are
 */
export function meaningOf(words: string, who: Sharing): Meaning {
  const [, said = words, clause] = /^(one (?:.+? )?cache(?: with .+? entries)?)(?: and (.+))?$/.exec(words) ?? [];
  const cache = Object.hasOwn(caches, said) ? caches[said] : undefined;
  if (cache === undefined) throw unknown(`no cache is known as ${JSON.stringify(said)}`, ['there are:', ...Object.keys(caches)]);
  return { cache, schedule: clause === undefined ? undefined : scheduleOf(clause, who) };
}

function scheduleOf(clause: string, who: Sharing): string {
  for (const [words, schedule] of clauses[who]) {
    const found = formOf(words).exec(clause);
    if (found !== null) return namedAs(words, schedule, found.slice(1));
  }
  const where = Object.entries(parts).filter(([name]) => clauses[who].some(([words]) => words.includes(name)));
  throw unknown(`nobody knows what ${who} do when ${JSON.stringify(clause)}`, [
    'there are:', ...clauses[who].map(([words]) => words), 'where', ...where.map(([name, { words }]) => `${name}: ${words.join(', ')}`),
  ]);
}

export const partNames = new RegExp(Object.keys(parts).join('|'), 'g');

function formOf(words: string): RegExp {
  return new RegExp(`^${words.replace(partNames, (name) => `(${parts[name]?.form ?? ''})`)}$`);
}

/** The nth part of a kind that was said goes where the name has its nth. */
function namedAs(words: string, schedule: string, said: readonly string[]): string {
  const kinds = words.match(partNames) ?? [];
  const left = kinds.map((kind, nth) => [kind, parts[kind]?.name(said[nth] ?? '') ?? ''] as const);
  return schedule.replace(partNames, (kind) => left.splice(left.findIndex(([one]) => one === kind), 1)[0]?.[1] ?? '');
}

function unknown(message: string, lines: readonly string[]): StampedeError {
  return new StampedeError('SCHEDULE_INVALID', [message, ...lines.map((line) => `  ${line}`)].join('\n'));
}
