// SPDX-License-Identifier: Apache-2.0
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import type { Verdict } from '../checkers/checker.ts';
import { StampedeError } from '../foundation/errors.ts';
import type { Plan, PlannedExploration } from '../scenario/plan.ts';
import { readPlan } from '../scenario/stored-plan.ts';
import { schedulesNamed, strategies } from './schedule.ts';

/** An attempt as it was stored: what it can be repeated from, and what was found then. */
export interface StoredAttempt {
  readonly folder: string;
  readonly plan: Plan;
  readonly exploration: PlannedExploration;
  /** Undefined where the attempt did not come to its end. */
  readonly verdict: Verdict['verdict'] | undefined;
}

const verdictFile = 'verdict.json';
const verdictSchema = z.object({ verdict: z.enum(['held', 'broken', 'unknown']) });

/**
 * True for what is meant as a folder of a stored attempt, and not as the name of a schedule.
 * @throws StampedeError CONFIG_INVALID for what is neither
 */
export function isFolderName(text: string): boolean {
  if ((strategies as readonly string[]).includes(text.split('/')[0] ?? '')) return false;
  if (existsSync(text)) return true;
  throw new StampedeError('CONFIG_INVALID', `${JSON.stringify(text)} is neither a schedule nor a folder that is there`, { hint: `strategies: ${strategies.join(', ')}` });
}

/** Beside the runs of the attempt, when it is over. */
export function storeVerdict(folder: string, found: { readonly schedule: string; readonly verdict: Verdict['verdict']; readonly verdicts: readonly unknown[] }): void {
  const { schedule, verdict, verdicts } = found;
  writeFileSync(join(folder, verdictFile), `${JSON.stringify({ schedule, verdict, verdicts }, null, 2)}\n`);
}

/**
 * Reads the attempt in a folder; that of one of its runs means the same.
 * @throws StampedeError PLAN_INVALID, also for runs that belong to no attempt; CONFIG_INVALID for a schedule that there is not
 */
export async function readAttempt(given: string): Promise<StoredAttempt> {
  const folder = attemptFolder(given);
  const run = existsSync(join(folder, 'scheduled', 'plan.json')) ? join(folder, 'scheduled') : given;
  const plan = await readPlan(join(run, 'plan.json'));
  const { exploration } = plan;
  if (exploration === undefined) {
    throw new StampedeError('PLAN_INVALID', `${run} is a run of no schedule: ${plan.meeting === 'alone' ? 'a process was alone' : `${plan.meeting}, in a scenario`}`, { hint: 'give the folder of an attempt, as explore prints it; scenarios are run again by npm run acceptance -- FILE:LINE' });
  }
  schedulesNamed(exploration.schedule, exploration.participants);
  return { folder, plan, exploration, verdict: await verdictIn(folder) };
}

function attemptFolder(given: string): string {
  const folder = statSync(given).isDirectory() ? given : dirname(given);
  return ['before', 'scheduled', 'calm'].includes(basename(folder)) ? dirname(folder) : folder;
}

async function verdictIn(folder: string): Promise<Verdict['verdict'] | undefined> {
  try {
    return verdictSchema.parse(JSON.parse(await readFile(join(folder, verdictFile), 'utf8'))).verdict;
  } catch {
    return undefined;
  }
}
