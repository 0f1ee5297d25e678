// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';
import { alone, type Meeting } from '../scenario/meeting.ts';
import { namedImages } from '../scenario/meeting-layers.ts';
import type { ScenarioRun } from '../scenario/scenario-run.ts';
import { validate } from '../scenario/validate.ts';
import { meetingUnder } from './meeting-under.ts';
import { preparedCache } from './prepared-cache.ts';
import { schedulesNamed, type Schedule } from './schedule.ts';
import { meaningOf, type Sharing } from './words.ts';

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
  await validate(scenario, { line, processes, meeting: meetingUnder(scenario, named(schedule, processes)) });
}

export interface ToldGathering {
  readonly line: string;
  /** How many validators; or how many components the one command has. */
  readonly count: number;
  readonly who: Sharing;
  /** `one cold cache and the first is held after 1 byte of the shared layer` */
  readonly words: string;
}

/**
 * Runs what a step tells of: so many participants, on a cache in that state, held where the words say.
 * @throws StampedeError SCHEDULE_INVALID before anything starts
 */
export async function validateAsTold(scenario: ScenarioRun, { line, count, who, words }: ToldGathering): Promise<void> {
  const { cache, schedule } = meaningOf(words, who);
  const processes = who === 'components' ? 1 : count;
  // Two that are held nowhere else begin together at least.
  const name = schedule ?? (processes > 1 ? 'first-request' : undefined);
  if (count === 0) throw new StampedeError('SCHEDULE_INVALID', `0 ${who} do nothing`);
  const told = name === undefined ? alone : meetingUnder(scenario, named(name, processes));
  const meeting = who === 'components' ? ofSoMany(scenario, count, told) : told;
  await validate(scenario, { line, processes, meeting: { ...meeting, cache: preparedCache(scenario, cache) } });
}

function named(schedule: string, processes: number): Schedule {
  // What nobody takes part in has a name all the same; it is refused for another reason.
  const [found] = schedulesNamed(schedule, Math.max(processes, 1)) as [Schedule];
  return found;
}

function ofSoMany({ images }: ScenarioRun, count: number, meeting: Meeting): Meeting {
  return {
    ...meeting,
    force: (participants) => {
      const there = namedImages(images, participants).length;
      if (count <= there) return meeting.force(participants);
      throw new StampedeError('SCHEDULE_INVALID', `there are more participants than components: ${count} were to meet, and the command names ${there} images`, {
        hint: 'components with the same image are one',
      });
    },
  };
}
