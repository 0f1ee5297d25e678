// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { Forced } from '../../explore/attempt.ts';
import { schedulesNamed } from '../../explore/schedule.ts';
import { plannedLayers } from '../../explore/workload.ts';
import { readPlan } from '../../scenario/stored-plan.ts';
import { cleanRunsNeeded, wilsonInterval, type Count } from '../../statistics/proportion.ts';
import { again, type Again } from '../again.ts';
import { openCase, type Bench, type Case } from '../case.ts';
import { refused, type BundleIndex } from './index-file.ts';

/** What a case that came in a bundle shows here. */
export interface Replayed {
  /** `unknown`: it does not show it, and could not be forced each time. */
  readonly outcome: 'failed' | 'fixed' | 'unknown';
  readonly count: Again;
}

/** Fewer runs say nothing, more than these nobody waits for. */
const [fewest, most] = [3, 60];

/** So many runs without it say, at 95 %, that it shows less often than it did: the surer it was, the fewer. */
export function runsNeeded(shown: Count): number {
  const { low } = wilsonInterval(shown);
  return Math.min(most, Math.max(fewest, cleanRunsNeeded(low)));
}

/**
 * What has to be forced, held against what there is here.
 * @throws StampedeError BUNDLE_INVALID, PLAN_INVALID, CONFIG_INVALID before anything starts
 */
export async function caseIn(folder: string, { smallest: { schedule, participants, layers, layerBytes, flags } }: Pick<BundleIndex, 'smallest'>): Promise<Case> {
  schedulesNamed(schedule, participants);
  const plan = await readPlan(join(folder, 'scheduled', 'plan.json'));
  if (plan.exploration?.schedule !== schedule) throw refused(`its plan is of the schedule ${plan.exploration?.schedule ?? 'of nobody'}, and its index of ${schedule}`);
  const shape = { layers, layerBytes, flags };
  const known = new Set((await plannedLayers(participants, shape)).all.map(({ digest }) => digest as string));
  const strange = plan.gates.flatMap(({ hold }) => ('references' in hold ? (hold.references ?? []) : [])).find((reference) => !known.has(reference));
  if (strange !== undefined) throw refused(`its plan holds the layer ${strange}, which nobody reads here: it was made by another version of this project`);
  return { participants, shape, schedule, forced: forcedBy(plan) };
}

function forcedBy({ gates, turns }: Forced): Forced | undefined {
  return gates.length === 0 && turns === undefined ? undefined : { gates, ...(turns === undefined ? {} : { turns }) };
}

/** Forces it until it shows itself, or so often without that it is gone. */
export async function replay(those: Case, { report: { symptom }, cause, shown }: BundleIndex, bench: Bench): Promise<Replayed> {
  const open = await openCase(bench, those);
  const count = await again(those, { symptom, cause }, open.settings, { runs: runsNeeded(shown) });
  await open.close();
  if (count.hits > 0) return { outcome: 'failed', count };
  return { outcome: count.unforced === 0 ? 'fixed' : 'unknown', count };
}
