// SPDX-License-Identifier: Apache-2.0
import type { strategies } from '../explore/schedule.ts';
import type { Report, Symptom } from './report.ts';

export type Strategy = (typeof strategies)[number];

/** A strategy, and why it is tried at that place. */
export interface Likely {
  readonly strategy: Strategy;
  readonly because: string;
  /** Part of the names of its schedules: only these are likely, and a few of them are tried. Undefined: the most telling one is. */
  readonly at?: RegExp;
}

type Table = readonly (readonly [Strategy, string, RegExp?])[];

/** After a file call with which something is done, and the next thing is not. */
const betweenSteps = /\/(?:close|rename)-\d+(?:-tar)?\//;
const looked = /\/(?:look-\d+-tar|rename-\d+)$/;
const afterIndex = /\/(?:close|rename)-\d+-folder\//;

/**
 * What says something wrong. By the classes of public reports: read while written, then left behind by who was killed or failed, then eviction and what is between two
 * steps. Damage comes late: a cache that trusts what it finds shows many other things by it, too, and who reports a race has damaged nothing.
 */
const wrongOutcome: Table = [
  ['leader-follower', 'a reader meets an entry that another process is writing'],
  ['components-in-turn', 'the same, in one process'],
  ['two-writers', 'two write one file, or one name for what is not finished'],
  ['leader-killed', 'what a killed process has left is taken for an entry'],
  ['leader-fails', 'what a broken download has left is taken for an entry'],
  ['components', 'components of one process share a download that stops or breaks'],
  ['leader-stalls', 'who waits loses patience, and goes on without'],
  ['unusual', 'two layers are taken for one'],
  ['evict-while-reading', 'an entry is looked at, then gone when it is opened', looked],
  ['leader-follower', 'an entry is met between two steps of who makes it', betweenSteps],
  ['disk-fails', 'a write that failed is not told, and the entry is kept'],
  ['damaged', 'an entry is trusted because it is there'],
  ['mending', 'two mend what a third one has damaged'],
];

const hangs: Table = [
  ['leader-killed', 'who was killed has left its lock'],
  ['components', 'those who wait for a download are not told that it broke', /^components\/reset\//],
  ['leader-fails', 'the same, among processes'],
  ['leader-stalls', 'who waits for a slow one never wakes up'],
  ['components-in-turn', 'a component waits for one that waits for it'],
  ['disk-fails', 'a write that failed wakes nobody'],
];

const ofCheckers: Readonly<Record<NonNullable<Symptom['checker']>, Table>> = {
  ended: hangs,
  'outcomes-agree': wrongOutcome,
  'fetched-once': [
    ['together', 'all miss before any has begun to write'],
    ['components-in-turn', 'a component begins while another one downloads'],
    ['leader-follower', 'a process begins while another one downloads'],
  ],
  'nothing-fetched': [
    ['leader-follower', 'what one has written down is lost when another one writes'],
    ['two-writers', 'the same, while both write'],
    ['together', 'the same, when both have begun at once'],
    ['leader-follower', 'the same, between reading the list and writing it', afterIndex],
  ],
  'layers-read': wrongOutcome,
  'entries-whole': [
    ['leader-follower', 'half an entry has its name already'],
    ['two-writers', 'two write under the name of the entry'],
    ['components-in-turn', 'half an entry has its name already'],
  ],
  'cache-intact': [
    ['leader-fails', 'what came before the download broke is kept'],
    ['leader-killed', 'what came before the process was killed is kept'],
    ['two-writers', 'two have written into one file'],
    ['disk-fails', 'what could be written before the disk was full is kept'],
    ['damaged', 'an entry that does not verify is left as it is'],
    ['components', 'what came before the download broke is kept'],
  ],
  'cache-empty': [],
  'failure-told': [
    ['components', 'of those who wait for one download, some are told that it was well, and what came is enough', /^components\/reset\/all-but-one$/],
    ['components', 'the same, and it is not enough', /^components\/reset\//],
    ['leader-fails', 'a download that broke is taken for one that came to its end'],
    ['components-after-failure', 'a failure is remembered as something else'],
  ],
  'trouble-told': [
    ['damaged', 'any trouble with an entry is taken for a miss'],
    ['disk-fails', 'a write that failed is not told'],
  ],
  'asked-again': [['components-after-failure', 'a failure of then is told for ever']],
  'not-delayed': [['bystander', 'one lock is held for all layers']],
  bounded: [['unusual', 'a large layer is kept in memory', /large-layer/]],
};

/** What the reporter tells says more than what kind of symptom it is. */
const ofWords: readonly (readonly [RegExp, Strategy, string, RegExp?])[] = [
  [/no space|disk (?:is |was )?full|full disk|ENOSPC|EDQUOT|read-only|EROFS|EIO|input\/output error|too many open files|EMFILE/i, 'disk-fails', 'it speaks of the disk'],
  [/\bcancel|\bkill|SIGKILL|\bcrash|\binterrupted/i, 'leader-killed', 'it speaks of somebody who was stopped'],
  [/time(?:d)? ?out|deadline|\block(?:ed)?\b|resource temporarily unavailable/i, 'leader-stalls', 'it speaks of waiting'],
  [/ENOENT.*\brename|\brename.*(?:ENOENT|no such file|finds nothing)/i, 'leader-follower', 'it speaks of an unfinished file that somebody else has taken away'],
  [/ENOENT|no such file|not exist|is gone\b|is not found\b/i, 'evict-while-reading', 'it speaks of a file that is gone', looked],
  [/\b(?:40[134]|429|50[0234])\b|connection|network(?! storage| volume| file)|unexpected EOF/i, 'leader-fails', 'it speaks of a download that failed'],
  [/out of memory|OOM|heap/i, 'unusual', 'it speaks of memory', /large-layer/],
  [/\bdamaged|\bcorrupt(?:ed)? (?:file|entr)|were cut off|bit rot/i, 'damaged', 'it speaks of an entry that was damaged'],
  [/under the (?:same )?name of an?other|wrong key|collision|same (?:size|key)/i, 'unusual', 'it speaks of a name that stands for two', /same-size/],
  [/delete[ds]? and then put|deletes? .*then renames?|removed? .*put in place again/i, 'late-writer', 'it speaks of an entry that is deleted and made again', /^late-writer\/look-\d+-tar\/remove-\d+-tar$/],
  [/before its content|reader in between|(?:moving|moves) .*copies|final name from/i, 'leader-follower', 'it speaks of an entry that is met between two steps', betweenSteps],
  [/\bappends? to\b|goes on (?:growing|writing)|still (?:has|holds) .{0,40}\bopen\b/i, 'two-writers', 'it speaks of one who writes on in what another one has published'],
  [/missing (?:in|from) the (?:list|index)|lost update/i, 'leader-follower', 'it speaks of a list that is written anew', afterIndex],
];

/** Strategies that are likely to show the symptom, the likeliest first; those that are not named come after them. */
export function likelyFor({ title = '', description = '', symptom, workload: { sharing } }: Pick<Report, 'symptom' | 'description'> & { readonly title?: string } & { readonly workload: Pick<Report['workload'], 'sharing'> }): readonly Likely[] {
  const { contains = '', matches = '', checker } = symptom;
  const said = ofWords.filter(([words]) => words.test(`${title}\n${description}\n${contains}\n${matches}`)).map(([, ...likely]) => likely);
  const kind = symptom.hangs === undefined ? (checker === undefined ? wrongOutcome : ofCheckers[checker]) : hangs;
  // A checker that is named is about one thing: words say where to look for that, and nothing else.
  const isMeant = ([strategy]: Table[number]): boolean => kind === wrongOutcome || kind === hangs || kind.some(([one]) => one === strategy);
  const all = [...said.filter(isMeant), ...kind, ...said.filter((one) => !isMeant(one))].map(([strategy, because, at]) => ({ strategy, because, ...(at === undefined ? {} : { at }) }));
  const once = all.filter(({ strategy, at }, index) => all.findIndex((other) => other.strategy === strategy && other.at === at) === index);
  if (sharing === undefined) return once;
  const isOfSharing = ({ strategy }: Likely): boolean => strategy.startsWith('components') === (sharing === 'components');
  return [...once.filter(isOfSharing), ...once.filter((one) => !isOfSharing(one))];
}
