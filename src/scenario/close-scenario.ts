// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { judge, worst, type NamedVerdict } from '../checkers/checker.ts';
import { checkersFor } from '../checkers/defaults.ts';
import { StampedeError } from '../foundation/errors.ts';
import type { PerformedRun } from './run.ts';
import type { ScenarioRun } from './scenario-run.ts';

/**
 * Judges every run of the scenario, stores the verdicts and gives everything back.
 * @throws StampedeError VERDICT_BROKEN, VERDICT_UNKNOWN when the scenario was passing so far and a verdict has not
 * held: a failure that no step looked at is a failure
 */
export async function closeScenario({ runs, resources }: ScenarioRun, { isPassing }: { readonly isPassing: boolean }): Promise<void> {
  try {
    const verdicts = await Promise.all(runs.map(async (run) => await storeVerdicts(run)));
    if (isPassing) refuseUnlessHeld(verdicts.flat());
  } finally {
    await resources[Symbol.asyncDispose]();
  }
}

async function storeVerdicts({ recorder, settings }: PerformedRun): Promise<readonly NamedVerdict[]> {
  const history = recorder.events();
  const verdicts = checkersFor(history).map((checker) => judge(checker, history));
  await writeFile(join(settings.folder, 'verdicts.json'), `${JSON.stringify(verdicts, null, 2)}\n`);
  return verdicts;
}

/** A broken verdict is told before an unknown one. */
function refuseUnlessHeld(verdicts: readonly NamedVerdict[]): void {
  const told = verdicts.find(({ verdict }) => verdict.verdict === worst(verdicts));
  if (told === undefined) return;
  const { checker, verdict } = told;
  switch (verdict.verdict) {
    case 'held':
      return;
    case 'broken':
      throw new StampedeError('VERDICT_BROKEN', `${checker}: ${verdict.sentence}`);
    case 'unknown':
      throw new StampedeError('VERDICT_UNKNOWN', `${checker}: ${verdict.reason}`);
  }
}
