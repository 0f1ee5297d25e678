// SPDX-License-Identifier: Apache-2.0
import type { Settings } from '../config.ts';
import type { AttemptSettings } from '../explore/attempt.ts';
import { expectedOutcomes, type Expectation } from '../explore/expectation.ts';
import { FilledCaches } from '../explore/filled-caches.ts';
import { probe } from '../explore/probe.ts';
import { explorationIdentity, prepareWorkload, withoutCache, type WorkloadShape } from '../explore/workload.ts';
import type { ResourceStack } from '../foundation/resources.ts';
import type { TerminalReport } from '../report/terminal.ts';
import { openScenario } from '../scenario/scenario-run.ts';
import { isHeldToPromises } from '../validator/subject.ts';
import { prepareContext } from './prepare-context.ts';

export interface ExplorationRequest {
  readonly settings: Settings;
  readonly participants: number;
  /** Undefined: a release build, which can't have one. */
  readonly plantedBug: string | undefined;
  /** True: nobody uses a cache; for comparison. */
  readonly isWithoutCache?: boolean;
  /** Absent: the usual. */
  readonly shape?: WorkloadShape | undefined;
}

/** A stage, a workload on it, and what each process says when it is alone; `resources` takes all of it down. */
export async function openExploration({ settings, participants, plantedBug, isWithoutCache = false, shape }: ExplorationRequest, report: TerminalReport, resources: ResourceStack): Promise<AttemptSettings> {
  const { context, subject } = await prepareContext({ ...settings, plantedBug: undefined }, report, resources, plantedBug === undefined ? 'release' : 'test');
  const scenario = await openScenario(context, explorationIdentity, subject);
  resources.own('scenario', scenario.resources);
  const prepared = await prepareWorkload(scenario, participants, shape);
  const workload = isWithoutCache ? withoutCache(prepared) : prepared;
  const environment = { ...withBug(plantedBug), ...(isWithoutCache ? subject.noCacheEnvironment : {}) };
  const request = { scenario, workload, environment };
  const expectation = await expectedOutcomes({ ...request, name: 'alone' });
  expectation.serialDefects.forEach((defect) => report.line(`  without any race: ${defect}`));
  tellOfContents(expectation, report);
  return {
    scenario,
    workload,
    expectation,
    // By itself: how many calls a process makes depends on what else goes on.
    probe: await probe({ ...request, name: 'probe' }),
    filledCaches: new FilledCaches({ root: scenario.folders.root, stored: scenario.storedFolder }),
    environment,
    isStrict: isHeldToPromises(subject) && !isWithoutCache,
    isWithoutCache,
  };
}

/** A defect of the cache, or its way: either is there without a race, and blamed on none. */
function tellOfContents({ usualContents: [first], usualContents }: Expectation, report: TerminalReport): void {
  if (first === undefined) return;
  const others = usualContents.length === 1 ? '' : `, and ${usualContents.length - 1} more,`;
  report.line(`  without any race: ${first.path}${others} in the cache holds something else than its name promises; that alone counts as no finding (cacheEntries in the subject file)`);
}

/** What gives a test build a bug. */
export function withBug(name: string | undefined): Readonly<Record<string, string>> {
  return name === undefined ? {} : { STAMPEDE_PLANTED_BUG: name };
}
