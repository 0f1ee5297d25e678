// SPDX-License-Identifier: Apache-2.0
import type { EventOf } from '../history/event.ts';
import type { Arrival, RequestArrival } from './gate-keeper.ts';
import type { GateRule, Party } from './gate.ts';

/** Whether a request is one that the rule is about. */
export function matches(hold: GateRule['hold'], { participant, target }: RequestArrival): boolean {
  if (!('resource' in hold)) return false;
  const { resource, references, repositories, participants } = hold;
  if (resource !== target.resource) return false;
  if (references !== undefined && !references.includes(target.reference ?? '')) return false;
  if (participants !== undefined && !participants.includes(participant)) return false;
  return repositories === undefined || repositories.includes(target.repository ?? '');
}

/** Who stops after a file call is a process, whatever the parties are. */
export function partyOf(parties: Party, arrival: Arrival): string {
  switch (parties) {
    case 'participant':
      return arrival.participant;
    case 'repository':
      return 'target' in arrival ? (arrival.target.repository ?? '') : arrival.participant;
  }
}

/** What an event tells of where somebody came. */
export function whereOf(arrival: Arrival): Pick<EventOf<'gate-arrived'>, 'request' | 'repository' | 'call'> {
  if ('request' in arrival) return { request: arrival.request, repository: arrival.target.repository ?? '' };
  return 'call' in arrival ? { call: arrival.call } : {};
}
