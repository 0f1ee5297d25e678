// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheIntact } from '../checkers/cache-intact.ts';
import { judge, type Checker } from '../checkers/checker.ts';
import { ended } from '../checkers/ended.ts';
import { layersRead } from '../checkers/layers-read.ts';
import { outcomesAgree } from '../checkers/outcomes-agree.ts';
import { compareWithReference, inCopyOf } from './reference-run.ts';
import { performRun, type PerformedRun } from './run.ts';
import type { ScenarioRun } from './scenario-run.ts';
import { lastRun, planOf, settingsOf } from './validate.ts';
import { failureOf } from './verdict-failure.ts';

/** By the run before. */
const laterRuns = new WeakMap<PerformedRun, PerformedRun>();

/**
 * Poison outlives its cause: the first participant of the last run runs once more, alone, on the cache as that run has left it. It
 * has to come to its end, say what it says without a cache, and leave every layer whole and nothing else. The last run stays
 * the last one. `besides`: what else has to hold of it. Asked for again, it is the same one: another would find what this one has mended.
 * @throws StampedeError VERDICT_BROKEN, VERDICT_UNKNOWN
 */
export async function expectLaterRun(scenario: ScenarioRun, besides: readonly Checker[] = []): Promise<void> {
  const last = lastRun(scenario);
  const later = laterRuns.get(last) ?? (await compared(scenario, await runLater(scenario, last)));
  laterRuns.set(last, later);
  const verdicts = [ended, outcomesAgree, cacheIntact, layersRead, ...besides].map((checker) => judge(checker, later.recorder.events()));
  await writeFile(join(later.settings.folder, 'verdicts.json'), `${JSON.stringify(verdicts, null, 2)}\n`);
  const failures = verdicts.flatMap((named) => failureOf({ ...named, checker: `${named.checker} of a later run` }, later.settings.folder) ?? []);
  const failure = failures.find(({ code }) => code === 'VERDICT_BROKEN') ?? failures[0];
  if (failure !== undefined) throw failure;
}

async function compared(scenario: ScenarioRun, later: PerformedRun): Promise<PerformedRun> {
  await compareWithReference(later, await scenario.values.forSnapshots());
  later.recorder.close();
  return later;
}

async function runLater(scenario: ScenarioRun, { participants, plan, settings }: PerformedRun): Promise<PerformedRun> {
  const first = participants.slice(0, 1);
  const { folders } = scenario;
  const planned = { ...planOf(scenario, 'alone'), participants: plan.participants.slice(0, 1) };
  // What it writes there must not replace what the last run wrote.
  return await inCopyOf(folders.work, join(folders.root, 'later'), async () => await performRun(planned, first, settingsOf(scenario, first, join(settings.folder, 'later'))));
}
