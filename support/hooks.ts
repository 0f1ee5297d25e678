// SPDX-License-Identifier: Apache-2.0
import { join, relative, resolve } from 'node:path';
import { After, Before, Status, type ITestCaseHookParameter } from '@cucumber/cucumber';
import { readRunContext, type RunContext } from '../src/config.ts';
import { isOver } from '../src/foundation/budget.ts';
import { ExitStatus, StampedeError } from '../src/foundation/errors.ts';
import { root } from '../src/foundation/root.ts';
import { artifactsMediaType, type Artifacts } from '../src/report/outcome.ts';
import { closeScenario } from '../src/scenario/close-scenario.ts';
import { shellQuoted } from '../src/scenario/command-line.ts';
import type { ScenarioIdentity } from '../src/scenario/identity.ts';
import { featureName, placesIn } from '../src/scenario/places.ts';
import { openScenario } from '../src/scenario/scenario-run.ts';
import { commandsOf } from '../src/scenario/validate.ts';
import { endLeftovers } from '../src/validator/leftovers.ts';
import { loadSubject, type Subject } from '../src/validator/subject.ts';
import type { StampedeWorld } from './world.ts';

// Where the command is gone, nobody would end this worker or the validators that it has started.
process.on('disconnect', () => {
  endLeftovers(readRunContext().ledgerFile);
  process.exit(ExitStatus.harness);
});

let subject: Promise<Subject> | undefined;

/** The same in all scenarios of a run, and not to be bundled for each. */
async function subjectOf(context: RunContext): Promise<Subject> {
  subject ??= loadSubject(context.subject, join(root, 'subjects'));
  return await subject;
}

Before({ name: 'open the scenario' }, async function (this: StampedeWorld, parameter: ITestCaseHookParameter) {
  const context = readRunContext();
  if (isOver(context.endsAtMs)) return 'skipped';
  const identity = identityOf(parameter, context.featuresFolder);
  this.open(await openScenario(context, identity, await subjectOf(context)));
  return undefined;
});

After({ name: 'judge what no step has judged' }, async function (this: StampedeWorld, { result }: ITestCaseHookParameter) {
  if (!this.isOpen) return;
  const { scenario } = this;
  const isPassing = result?.status === Status.PASSED;
  try {
    await closeScenario(scenario, { isPassing });
  } catch (error) {
    attachArtifacts(this);
    throw error;
  }
  if (!isPassing) attachArtifacts(this);
});

function attachArtifacts(world: StampedeWorld): void {
  const { scenario } = world;
  const artifacts: Artifacts = {
    folder: scenario.storedFolder,
    commands: (scenario.runs.at(-1) === undefined ? [] : commandsOf(scenario.runs.at(-1)!)).map(shellQuoted),
  };
  world.attach(JSON.stringify(artifacts), artifactsMediaType);
}

/** The last syntax node of a pickle is the scenario, or the row of its outline. */
function identityOf({ pickle, gherkinDocument }: ITestCaseHookParameter, featuresFolder: string): ScenarioIdentity {
  const feature = featureName(relative(featuresFolder, resolve(root, pickle.uri)));
  const identity = placesIn(gherkinDocument, feature).get(pickle.astNodeIds.at(-1) ?? '');
  if (identity === undefined) throw new StampedeError('STEP_OUT_OF_ORDER', `${pickle.name} is not in its own feature`);
  return identity;
}
