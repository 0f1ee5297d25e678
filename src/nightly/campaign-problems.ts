// SPDX-License-Identifier: Apache-2.0
import { knownSchedules } from '../explore/known-schedules.ts';
import { schedulesNamed, strategies } from '../explore/schedule.ts';
import { StampedeError } from '../foundation/errors.ts';
import { requireProgram } from '../validator/program.ts';
import { loadSubject } from '../validator/subject.ts';
import { invalid, type Campaign, type CampaignTarget } from './campaign.ts';

export interface KnownPlaces {
  /** Of the subjects that are known by name. */
  readonly subjects: string;
  /** Builds of earlier nights. */
  readonly builds: ReadonlySet<string>;
}

/**
 * Everything that can be told to be wrong before anything starts.
 * @throws StampedeError CAMPAIGN_INVALID naming all of it
 */
export async function requireRunnable(campaign: Campaign, { subjects, builds }: KnownPlaces): Promise<void> {
  const { targets, strategies: named, baseline } = campaign;
  const names = targets.map(({ name }) => name);
  const problems = [
    ...names.filter((name, index) => names.indexOf(name) !== index).map((name) => `targets: two are named ${name}`),
    ...(await Promise.all(targets.map(async (target) => await problemsOf(target, subjects)))).flat(),
    ...(named === 'all' ? [] : named.flatMap((name) => scheduleProblem(name, targets))),
    ...(baseline === undefined || builds.has(baseline) || targets.some(({ build }) => build === baseline) ? [] : [`baseline: no target here and no night before is of the build ${baseline}`]),
    ...(named !== 'all' && new Set(named).size !== named.length ? ['strategies: one is named twice'] : []),
  ];
  if (problems.length > 0) throw invalid(campaign.file, problems);
}

async function problemsOf({ name, subject, binary, plantedBug }: CampaignTarget, folder: string): Promise<readonly string[]> {
  const at = `targets: ${name}`;
  const found = await loadSubject(subject, folder).catch((error: unknown) => error);
  if (found instanceof Error) return [`${at}: ${found.message}${found instanceof StampedeError && found.hint !== undefined ? ` (${found.hint})` : ''}`];
  const { program } = found as Awaited<ReturnType<typeof loadSubject>>;
  const problems: string[] = [];
  if (binary !== undefined) problems.push(...complaint(() => requireProgram(binary)));
  else if (program.kind === 'given') problems.push(`the subject ${subject} needs a program: binary, or --binary ${name}=PATH`);
  if (plantedBug !== undefined && !Object.hasOwn(knownSchedules, plantedBug)) problems.push(`no bug is known as ${plantedBug}; npm run reference -- --list-planted-bugs`);
  if (plantedBug !== undefined && (program.kind !== 'built' || binary !== undefined)) problems.push('only the reference validator can be given a planted bug');
  return problems.map((one) => `${at}: ${one}`);
}

function scheduleProblem(name: string, targets: readonly CampaignTarget[]): readonly string[] {
  if ((strategies as readonly string[]).includes(name)) return [];
  const counts = [...new Set(targets.flatMap(({ participants }) => participants))];
  return counts.flatMap((count) => complaint(() => schedulesNamed(name, count))).slice(0, 1).map((one) => `strategies: ${one}; there are ${strategies.join(', ')}`);
}

function complaint(check: () => unknown): readonly string[] {
  try {
    check();
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
