// SPDX-License-Identifier: Apache-2.0
import { eventsOf, type EventOf, type History } from '../history/event.ts';
import { held, type Checker } from './checker.ts';

type Limits = EventOf<'limits-known'>;

/** Whose layers are large takes no more memory, open files and threads for that, and no more disk than they have bytes. */
export const bounded: Checker = {
  name: 'bounded',
  check(history) {
    const limits = eventsOf(history, 'limits-known');
    if (limits.length === 0) return { verdict: 'unknown', reason: 'nothing says how much is too much' };
    const unseen = limits.find(({ participant }) => (exitOf(history, participant)?.peakRssBytes ?? null) === null);
    if (unseen !== undefined) return { verdict: 'unknown', reason: `the system did not tell how much memory ${unseen.participant} took` };
    const excesses = limits.flatMap((limit) => excessesOf(history, limit).map((words) => ({ words: `${limit.participant} ${words}`, events: [limit.index, exitOf(history, limit.participant)?.index ?? limit.index] })));
    if (excesses.length === 0) return held;
    return { verdict: 'broken', sentence: excesses.map(({ words }) => words).join('; '), events: excesses.flatMap(({ events }) => events) };
  },
};

function exitOf(history: History, participant: string): EventOf<'validator-exited'> | undefined {
  return eventsOf(history, 'validator-exited').find((exit) => exit.participant === participant);
}

function excessesOf(history: History, { participant, rssBytes, openFiles, threads, diskBytes }: Limits): readonly string[] {
  const exit = exitOf(history, participant);
  const disk = eventsOf(history, 'cache-file-seen').filter(({ moment }) => moment === 'after').reduce((sum, { size }) => sum + size, 0);
  return [
    ...excess('bytes of memory', exit?.peakRssBytes ?? 0, rssBytes),
    ...excess('open files', exit?.peakOpenFiles ?? 0, openFiles),
    ...excess('threads', exit?.peakThreads ?? 0, threads),
    ...excess('bytes of disk', disk, diskBytes),
  ];
}

function excess(what: string, taken: number, limit: number): readonly string[] {
  return taken > limit ? [`took ${taken} ${what}, where ${limit} are enough`] : [];
}
