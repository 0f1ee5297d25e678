// SPDX-License-Identifier: Apache-2.0
import type { GateRule } from '../faults/gate.ts';
import { eventsOf, type History } from '../history/event.ts';
import type { Digest } from '../oci/digest.ts';
import type { KnownLayer } from '../scenario/images.ts';
import type { ScenarioRun } from '../scenario/scenario-run.ts';
import { gatesOf } from './schedule-gates.ts';
import { schedulesNamed, type Schedule } from './schedule.ts';

/** One way in which equal commands meet. */
export interface AmplifiedMeeting {
  /** For folders. */
  readonly name: string;
  /** That of the schedule. */
  readonly schedule: string;
  readonly gates: readonly GateRule[];
  /** Those that the command reads. */
  readonly layers: readonly KnownLayer[];
  readonly sharedLayer: Digest | undefined;
}

/** Why a command can't be run several times at once with any sense, as far as a run of it alone tells; undefined: it can. */
export function whyNot({ log }: ScenarioRun, history: History): string | undefined {
  // Who asks first decides what the others are answered, so that they may differ and nobody is to blame.
  if (log.door?.isCounting === true) return 'the log was told to fail after some requests';
  if (!eventsOf(history, 'request').some(({ target }) => target.resource === 'manifest')) return 'asks the registry for no image';
  return undefined;
}

/**
 * Where a run alone has read layers, all stand at one of them, and then one has half of it while the others run. Else they
 * stand at their first request, and nothing is held after that.
 */
export function meetingsFor({ images, context }: ScenarioRun, history: History, times: number): readonly AmplifiedMeeting[] {
  const asked = new Set(eventsOf(history, 'request').filter(({ target }) => target.resource === 'blob').map(({ target }) => target.reference));
  const layers = images.knownLayers().filter(({ digest }) => asked.has(digest));
  const [largest] = [...layers].sort((one, other) => other.compressed.length - one.compressed.length);
  const participants = Array.from({ length: times }, (_, index) => `validator-${index + 1}`);
  const names = largest === undefined ? { 'at-first-request': 'first-request' } : { 'at-a-layer': 'together', 'half-way': 'leader-follower/middle/1' };
  return Object.entries(names).map(([name, schedule]) => {
    const [named] = schedulesNamed(schedule, times) as [Schedule];
    const gates = gatesOf(named, {
      digest: largest?.digest ?? '', diffId: largest?.diffId ?? '', participants, repositories: [], timeoutMs: context.gateTimeoutMs,
      ownOf: () => undefined, layers: { all: layers.map(({ digest }) => digest), own: [] },
    });
    return { name, schedule, gates, layers, sharedLayer: largest?.digest };
  });
}
