// SPDX-License-Identifier: Apache-2.0
import { publishRunContext } from '../config.ts';
import { describeError, ExitStatus } from '../foundation/errors.ts';
import { monotonicMs } from '../foundation/clock.ts';
import { ResourceStack } from '../foundation/resources.ts';
import { root } from '../foundation/root.ts';
import { seconds, TerminalReport } from '../report/terminal.ts';
import { acceptanceUsage, againCommand, parseAcceptance } from './acceptance-options.ts';
import { describeAmplified, tallyAmplified, type AmplifiedTally } from './amplified.ts';
import { conclude } from './conclude.ts';
import { withPictures } from './draw-timeline.ts';
import { runFeatures } from './features.ts';
import { onInterruption } from './interrupt.ts';
import { keepStage } from './keep.ts';
import { requireFeatures } from './preflight.ts';
import { prepareContext } from './prepare-context.ts';
import { settleSnapshots } from './snapshots.ts';
import { hideInFolder } from '../scenario/hidden-files.ts';
import { hiderOfSession } from '../scenario/secrets.ts';

/** Starts the stage, runs the features, writes snapshots, says how it went. */
export async function acceptanceCommand(argv: readonly string[]): Promise<number> {
  const options = parseAcceptance(argv, process.env);
  if (options.help) {
    process.stdout.write(acceptanceUsage);
    return ExitStatus.held;
  }
  const again = againCommand(options.settings, process.cwd());
  const report = new TerminalReport({ out: process.stdout, root, again });
  const resources = new ResourceStack();
  const startedAt = monotonicMs();
  const stopListening = onInterruption(async (signal) => {
    report.interrupted(signal);
    await resources[Symbol.asyncDispose]().catch((error: unknown) => process.stderr.write(`${describeError(error)}\n`));
  });
  try {
    requireFeatures(options.selection.paths);
    const { context } = await prepareContext(options.settings, report, resources);
    publishRunContext({ ...context, endsAtMs: options.budget.endsAtMs });
    const plan = { root, featuresFolder: context.featuresFolder, reportFolder: context.runFolder, selection: options.selection };
    const result = await runFeatures(plan, {
      started: (title) => report.live(`  … ${title}`),
      finished: (outcome) => report.scenario(outcome),
    });
    // The text of features stands in the reports.
    await hideInFolder(context.runFolder, await hiderOfSession(context.addresses, context.sessionFolder), isOfScenario);
    const { dryRun } = options.selection;
    // What a bug makes a validator say is no example of anything.
    const settlements = dryRun || context.plantedBug !== undefined ? [] : await settleSnapshots({ root, ...context, mode: context.snapshotMode }, result);
    const outcomes = await withPictures(result.outcomes, again);
    const amplified = context.amplify === undefined || dryRun ? undefined : await tallyAmplified(context.runFolder, context.amplify);
    const tail = [seconds(monotonicMs() - startedAt), ...(amplified === undefined ? [] : [describeAmplified(amplified)]), `seed ${context.seed}`, report.short(context.runFolder)].join(' · ');
    const status = worse(conclude(report, { result: { ...result, outcomes }, settlements, tail, runFolder: context.runFolder, selection: options.selection, budget: options.budget }), amplified);
    if (options.settings.keep) await keepStage(context, report);
    return status;
  } finally {
    await resources[Symbol.asyncDispose]();
    stopListening();
  }
}

/** Folders of scenarios: nothing but what they have hidden themselves. */
function isOfScenario(name: string): boolean {
  return /^s-[0-9a-f]+$/.test(name);
}

/** What was to run several times at once and never did has shown nothing of what it was to show. */
function worse(status: number, amplified: AmplifiedTally | undefined): number {
  return status === ExitStatus.held && amplified?.amplified === 0 ? ExitStatus.unknown : status;
}
