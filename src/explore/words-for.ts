// SPDX-License-Identifier: Apache-2.0
import { clauses, meaningOf, partNames, parts, type Sharing } from './words.ts';

/** What a step says, and of whom. */
export interface Said {
  readonly who: Sharing;
  /** `one cold cache and the first is held after 1 byte of the shared layer` */
  readonly words: string;
}

const damagedCaches: Readonly<Record<string, string>> = { truncated: 'one cache with truncated entries', flipped: 'one cache with altered entries', empty: 'one cache with empty entries', 'too-long': 'one cache with overlong entries', folder: 'one cache with folders for entries' };

/** The words in which a feature asks for a schedule; undefined where there are none, and it can be asked for by its name alone. */
export function wordsFor(schedule: string): Said | undefined {
  const [strategy = '', how = ''] = schedule.split('/');
  if (strategy === 'damaged') return damagedCaches[how] === undefined ? undefined : { who: 'validators', words: damagedCaches[how] };
  // Entries are mended as they are written: by the same words, on a cache that is damaged.
  const wanted = strategy === 'mending' ? schedule.replace('mending/', schedule.split('/').length > 3 ? 'two-stops/' : 'leader-follower/') : schedule;
  const cache = { 'evict-while-reading': 'one warm cache', mending: 'one damaged cache' }[strategy] ?? 'one cold cache';
  for (const who of ['validators', 'components'] as const) {
    for (const [clause, template] of clauses[who]) {
      const words = clauseFor(wanted, clause, template);
      if (words !== undefined && meaningOf(`${cache} and ${words}`, who).schedule === wanted) return { who, words: `${cache} and ${words}` };
    }
  }
  return undefined;
}

/** Where the name is one of the template, each of its parts as it is said, in the clause's order. */
function clauseFor(schedule: string, clause: string, template: string): string | undefined {
  const kinds = template.match(partNames) ?? [];
  const names = new RegExp(`^${template.replace(partNames, '([^/]+(?:/(?:write|rename|create|sync))?)')}$`).exec(schedule)?.slice(1);
  if (names === undefined) return undefined;
  const said = kinds.map((kind, nth) => [kind, parts[kind]?.said(names[nth] ?? '')] as const);
  if (said.some(([, words]) => words === undefined)) return undefined;
  const left = [...said];
  return clause.replace(partNames, (kind) => left.splice(left.findIndex(([one]) => one === kind), 1)[0]?.[1] ?? '');
}
