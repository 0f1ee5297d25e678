// SPDX-License-Identifier: Apache-2.0
import type { EventOf } from '../../history/event.ts';
import type { PlannedGate } from './planned.ts';
import { listed } from './text.ts';

type Opening = EventOf<'gate-opened'>;

/** A gate that opens, and why. */
export function gateOpens(opening: Opening, planned: PlannedGate | undefined): string {
  return `the gate "${opening.gate}" opens: ${whyItOpened(opening, planned)}`;
}

/** Why, in words; only a condition that was met proves that the participants met. */
export function whyItOpened(opening: Opening, planned: PlannedGate | undefined): string {
  const there = `${opening.arrived} of ${opening.wanted} there`;
  switch (opening.reason) {
    case 'condition':
      return metCondition(opening, planned);
    case 'abandoned':
      return `given up, its condition can’t be met any more (${there})`;
    case 'timeout':
      return `timed out, its condition was not met (${there})`;
    case 'closed':
      return `the run was over (${there})`;
  }
}

function metCondition({ arrived, wanted, waiting = [], ended = [] }: Opening, planned: PlannedGate | undefined): string {
  switch (planned?.until) {
    case 'reached':
      return `somebody stands at the gate "${planned.about}"`;
    case 'failed-before':
      return `what stood at the gate "${planned.about}" has failed, and nobody moves`;
    case 'ended-or-waits':
      return `${planned.about} has ended, or waits${planned.orAt === '' ? '' : `, or stands at the gate "${planned.orAt}"`}`;
    case 'arrivals':
      return `${arrived} of ${wanted} have come`;
    case 'requests':
      return `${arrived} of ${wanted} have asked`;
    default: {
      const others = [...(ended.length > 0 ? [`${listed(ended, 3)} had ended`] : []), ...(waiting.length > 0 ? [`${listed(waiting, 3)} waited`] : [])];
      return `nobody moves any more${others.length > 0 ? `: ${others.join(', ')}` : ''}`;
    }
  }
}
