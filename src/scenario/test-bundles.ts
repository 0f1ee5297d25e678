// SPDX-License-Identifier: Apache-2.0
import { judge, type NamedVerdict, type Verdict } from '../checkers/checker.ts';
import { checkersFor } from '../checkers/defaults.ts';
import type { RunContext } from '../config.ts';
import { validateUnder } from '../explore/gathering.ts';
import { alone } from './meeting.ts';
import { compareWithReference } from './reference-run.ts';
import type { ScenarioRun } from './scenario-run.ts';
import type { TestStage } from './test-scenario.ts';
import { lastRun, validate } from './validate.ts';

/** A validator that reads its images one after the other, and says what is in their layers. */
export const each = 'for (const reference of references) { const { repository, layers } = await manifestOf(reference); for (const layer of layers) console.log(hash(await read(repository, layer))); }';

export interface Case {
  readonly program: string;
  /** Of a schedule; or nobody is held. */
  readonly meeting?: string;
  readonly processes?: number;
  readonly settings?: Partial<Omit<RunContext, 'subject'>>;
}

/** Three bundles; as many processes with one each, or one with all. */
export async function ran(stage: TestStage, { program, meeting = 'together', processes = 3, settings = {} }: Case): Promise<ScenarioRun> {
  const scenario = await stage.open({ validator: [await stage.program(program)], ...settings });
  await scenario.images.pushBundles('bundle', 3);
  await again(scenario, meeting, processes);
  return scenario;
}

export async function again(scenario: ScenarioRun, meeting: string, processes: number): Promise<void> {
  const line = processes > 1 ? '${REGISTRY}/bundle-${PARTICIPANT}' : '${REGISTRY}/bundle-1 ${REGISTRY}/bundle-2 ${REGISTRY}/bundle-3';
  if (meeting === 'alone') await validate(scenario, { line, processes, meeting: alone });
  else await validateUnder(scenario, { line, processes, schedule: meeting });
}

/** The last run with what its participants say alone. */
export async function compare(scenario: ScenarioRun): Promise<void> {
  await compareWithReference(lastRun(scenario), await scenario.values.forSnapshots());
}

/** What is said of the last run. */
export function verdicts(scenario: ScenarioRun): Readonly<Record<string, Verdict>> {
  const history = lastRun(scenario).recorder.events();
  const named = checkersFor(history).map((checker): NamedVerdict => judge(checker, history));
  return Object.fromEntries(named.map(({ checker, verdict }) => [checker, verdict]));
}
