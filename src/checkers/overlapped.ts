// SPDX-License-Identifier: Apache-2.0
import { eventsOf, type EventOf, type History } from '../history/event.ts';
import { held, type Checker } from './checker.ts';

/**
 * The participants really met: every gate opened because its condition was met, and every process was running
 * before the first one ended; and where a fault was planned, it struck somebody. Without it a run says nothing about concurrency; it never blames the validator.
 */
export const overlapped: Checker = {
  name: 'overlapped',
  check(history) {
    const openings = eventsOf(history, 'gate-opened');
    const starts = eventsOf(history, 'validator-started');
    const exits = eventsOf(history, 'validator-exited');
    if (openings.length === 0) return { verdict: 'unknown', reason: 'nothing was held, so nothing proves that the participants met' };
    const unmet = openings.find(({ reason }) => reason !== 'condition');
    if (unmet !== undefined) {
      const { gate, reason, arrived, wanted } = unmet;
      return { verdict: 'unknown', reason: `the gate "${gate}" opened by ${reason}, with ${arrived} of ${wanted} there` };
    }
    const alone = openings.map((opening) => ({ gate: opening.gate, wanted: opening.wanted, met: metAt(history, opening) })).find(({ met, wanted }) => met < wanted);
    if (alone !== undefined) return { verdict: 'unknown', reason: `only ${alone.met} of ${alone.wanted} met at the gate "${alone.gate}"` };
    const shut = eventsOf(history, 'gate-arrived').find(({ gate }) => !openings.some((opening) => opening.gate === gate));
    if (shut !== undefined) return { verdict: 'unknown', reason: `the gate "${shut.gate}", where ${shut.participant} stood, was not seen to open` };
    const spared = openings.find(({ gate, fault }) => fault !== undefined && !eventsOf(history, 'fault-struck').some((struck) => struck.gate === gate));
    if (spared !== undefined) return { verdict: 'unknown', reason: `nobody at the gate "${spared.gate}" was struck by ${spared.fault}` };
    const firstExit = Math.min(...exits.map(({ index }) => index));
    const late = starts.find(({ index }) => index > firstExit);
    return late === undefined ? held : { verdict: 'unknown', reason: `${late.participant} started after another had ended` };
  },
};

/** Who stood there, waited for one who stood there, or ran to its end while one stood there. */
function metAt(history: History, { gate, arrived, waiting = [], ended = [] }: EventOf<'gate-opened'>): number {
  const first = eventsOf(history, 'gate-arrived').find((arrival) => arrival.gate === gate)?.index ?? Infinity;
  const stoodBefore = new Set(eventsOf(history, 'gate-arrived').filter((arrival) => arrival.gate === gate).map(({ participant }) => participant));
  const during = eventsOf(history, 'validator-exited').filter(
    ({ index, participant, ending }) => index > first && ending === 'exited' && ended.includes(participant) && !stoodBefore.has(participant),
  );
  return arrived + waiting.length + during.length;
}
