// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { judge } from '../checkers/checker.ts';
import { checkersFor } from '../checkers/defaults.ts';
import { StampedeError } from '../foundation/errors.ts';
import { hideInFolder } from './hidden-files.ts';
import type { PerformedRun } from './run.ts';
import type { ScenarioRun } from './scenario-run.ts';
import { failureOf } from './verdict-failure.ts';

/**
 * Judges every run of the scenario, stores the verdicts and gives everything back.
 * @throws StampedeError VERDICT_BROKEN, VERDICT_UNKNOWN when the scenario was passing so far and a verdict has not
 * held: a failure that no step looked at is a failure; TEARDOWN_FAILED, unless a verdict says more
 */
export async function closeScenario({ runs, runsBesides, resources, storedFolder, secrets }: ScenarioRun, { isPassing }: { readonly isPassing: boolean }): Promise<void> {
  const judged = await Promise.allSettled([...runs, ...runsBesides].map(async (run) => await storeVerdicts(run)));
  await hideInFolder(storedFolder, secrets.hider, isHidden);
  const failures = judged.flatMap((run) => (run.status === 'fulfilled' ? run.value : []));
  const failure = isPassing ? (failures.find(({ code }) => code === 'VERDICT_BROKEN') ?? failures[0]) : undefined;
  await resources[Symbol.asyncDispose]().catch((cause: unknown) => {
    throw failure === undefined ? cause : new StampedeError(failure.code, failure.message, { cause, ...(failure.hint === undefined ? {} : { hint: failure.hint }) });
  });
  if (failure !== undefined) throw failure;
  const unstored = judged.find((run) => run.status === 'rejected');
  if (unstored !== undefined) throw unstored.reason;
}

/** Written without secrets in the first place, as they came. */
function isHidden(name: string): boolean {
  return name === 'history.ndjson' || /\.(?:stdout|stderr)$/.test(name);
}

/** Returns the verdicts that have not held. */
async function storeVerdicts({ recorder, settings, asked }: PerformedRun): Promise<readonly StampedeError[]> {
  const history = recorder.events();
  const verdicts = checkersFor(history).map((checker) => judge(checker, history));
  // Those that a step has asked for are of an earlier moment: of two by one checker, the later counts.
  const before = asked.filter(({ checker }, index) => !verdicts.some((one) => one.checker === checker) && index === asked.findLastIndex((one) => one.checker === checker));
  await writeFile(join(settings.folder, 'verdicts.json'), `${JSON.stringify([...before, ...verdicts], null, 2)}\n`);
  return verdicts.flatMap((named) => failureOf(named, settings.folder) ?? []);
}
