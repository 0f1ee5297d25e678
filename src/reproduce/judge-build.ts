// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { attempt } from '../explore/attempt.ts';
import { causeKey, causeOf } from '../explore/cause.ts';
import { schedulesNamed } from '../explore/schedule.ts';
import { StampedeError } from '../foundation/errors.ts';
import type { ResourceStack } from '../foundation/resources.ts';
import type { Judged } from './bisect.ts';
import type { Build } from './builds.ts';
import { openCase, type Bench, type Case } from './case.ts';
import type { Report } from './report.ts';
import { requireQuietAlone } from './serial-check.ts';
import { sightingOf } from './symptom.ts';

/** Of one that can't be forced; then it is left. */
const mostUnforced = 3;

/** Who takes part in the runs, on the stage that is there already. Each build has a folder of its own for what is stored. */
export function benchOf(build: Build & { readonly program: string }, bench: Bench, resources: ResourceStack): Bench {
  const { context, subject } = bench;
  return { ...bench, context: { ...context, runFolder: join(context.runFolder, build.name.replaceAll(/[^\w.-]/g, '_')), validator: [build.program, ...subject.arguments] }, resources };
}

/** Forces the case on a build until it shows the symptom, or has not so often. */
export async function judgeBuild({ report, found, bench, runs }: { readonly report: Report; readonly found: Case; readonly bench: Bench; readonly runs: number }): Promise<Judged> {
  try {
    return await judged(report, { found, bench, runs });
  } catch (error) {
    const isOfBuild = error instanceof StampedeError && ['SUBJECT_FAILS', 'VALIDATOR_MISSING', 'VALIDATOR_NOT_EXECUTABLE'].includes(error.code);
    if (isOfBuild) return { kind: 'skipped', why: error.message };
    throw error;
  }
}

async function judged(report: Report, { found, bench, runs }: { readonly found: Case; readonly bench: Bench; readonly runs: number }): Promise<Judged> {
  const { settings } = await openCase(bench, found, { look: async (alone) => await requireQuietAlone(report, alone) });
  const [schedule] = schedulesNamed(found.schedule, settings.workload.participants.length);
  if (schedule === undefined) throw new TypeError(`${found.schedule} is a schedule`);
  let [clean, unforced] = [0, 0];
  while (clean < runs) {
    const made = await attempt(schedule, settings);
    if ((await sightingOf(report.symptom, made)) !== undefined) return { kind: 'bad', runs: clean + unforced + 1 };
    const cause = causeOf(made.schedule, made.verdicts);
    // What breaks before it comes to that says nothing about that.
    if (cause !== undefined) return { kind: 'skipped', why: `it fails in another way: ${causeKey(cause)}` };
    if (made.verdict === 'held') clean += 1;
    else unforced += 1;
    if (unforced > mostUnforced) return { kind: 'skipped', why: `${found.schedule} can't be forced on it` };
  }
  return { kind: 'good', runs: clean };
}
