// SPDX-License-Identifier: Apache-2.0
import type { ScenarioRun } from '../scenario/scenario-run.ts';
import { validate } from '../scenario/validate.ts';
import { meetingUnder } from './meeting-under.ts';
import { schedulesNamed, type Schedule } from './schedule.ts';

export interface ScheduledGathering {
  /** As written in the feature, after the program's name. */
  readonly line: string;
  readonly processes: number;
  /** The whole name of a schedule. */
  readonly schedule: string;
}

/**
 * Runs processes under a schedule, on the cache as it is, as the scenario's last run.
 * @throws StampedeError SCHEDULE_INVALID before anything starts
 */
export async function validateUnder(scenario: ScenarioRun, { line, processes, schedule }: ScheduledGathering): Promise<void> {
  const [named] = schedulesNamed(schedule, Math.max(processes, 1)) as [Schedule];
  await validate(scenario, { line, processes, meeting: meetingUnder(scenario, named) });
}
