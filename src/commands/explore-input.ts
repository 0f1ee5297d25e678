// SPDX-License-Identifier: Apache-2.0
import { isOfEntries, schedulesNamed, strategies } from '../explore/schedule.ts';
import { isFolderName, readAttempt, type StoredAttempt } from '../explore/stored-attempt.ts';
import { plannedLayers, type WorkloadShape } from '../explore/workload.ts';
import { heldAfter, isBodyPosition } from '../faults/gate.ts';
import { StampedeError } from '../foundation/errors.ts';
import { requireKnownBug } from './planted-bug.ts';

const hint = 'npm run explore -- --help';

/** Images are made before anything runs, one for each process. */
const mostParticipants = 64;

/**
 * The attempt that is to be repeated, where a folder is given in place of a schedule's name: everything else comes from it.
 * @throws StampedeError CONFIG_INVALID for a folder with something else besides; PLAN_INVALID
 */
export async function attemptToReplay(replay: readonly string[], schedules: readonly string[]): Promise<StoredAttempt | undefined> {
  const folder = replay.find(isFolderName);
  if (folder === undefined) return undefined;
  if (replay.length + schedules.length > 1) throw new StampedeError('CONFIG_INVALID', `--replay ${folder} is a stored attempt with settings of its own: nothing else can be run with it`, { hint });
  const stored = await readAttempt(folder);
  const known = new Set((await plannedLayers(stored.exploration.participants, stored.exploration.workload)).all.map(({ digest }) => digest as string));
  const strange = stored.plan.gates.flatMap(({ hold }) => ('references' in hold ? (hold.references ?? []) : [])).find((reference) => !known.has(reference));
  if (strange === undefined) return stored;
  throw new StampedeError('PLAN_INVALID', `the plan in ${stored.folder} holds the layer ${strange}, which nobody reads`, { hint: 'images of this version are others than those that the plan was made for: explore again' });
}

/** What a stored attempt says, as options; those that are given win. */
export function optionsIn({ plan, exploration: { participants, plantedBug, binary, isWithoutCache, deadlineMs, gateTimeoutMs, schedule } }: StoredAttempt) {
  return {
    subject: plan.subject, seed: plan.seed, participants: String(participants), 'gate-timeout': String(gateTimeoutMs),
    ...(binary === undefined ? {} : { binary }),
    ...(isWithoutCache === undefined ? {} : { 'without-cache': isWithoutCache }),
    ...(plantedBug === undefined ? {} : { 'planted-bug': plantedBug }),
    ...(deadlineMs === undefined ? {} : { deadline: String(deadlineMs) }),
    schedule: [schedule],
  };
}

interface Requested {
  readonly participants: number;
  readonly plantedBug: string | undefined;
  readonly isWithoutCache: boolean;
  readonly shape: WorkloadShape | undefined;
}

/**
 * Whatever can be told to be wrong before anything starts.
 * @throws StampedeError CONFIG_INVALID
 */
export async function requireSchedules(names: readonly string[], { participants, plantedBug, isWithoutCache, shape }: Requested): Promise<void> {
  if (participants > mostParticipants) throw new StampedeError('CONFIG_INVALID', `--participants ${participants} is more than there can be images: ${mostParticipants}`, { hint });
  if (plantedBug !== undefined && plantedBug !== '') requireKnownBug(plantedBug);
  for (const name of names) if (!(strategies as readonly string[]).includes(name)) schedulesNamed(name, participants);
  const ofEntries = isWithoutCache ? names.find(isOfEntries) : undefined;
  if (ofEntries !== undefined) throw new StampedeError('CONFIG_INVALID', `${ofEntries} is about a cache, and nobody uses one`, { hint: 'leave one of the two away' });
  const bytes = names.flatMap((name) => name.split('/').filter((part) => isBodyPosition(part) && part.startsWith('byte-')));
  if (bytes.length === 0) return;
  const { length } = (await plannedLayers(participants, shape)).shared.compressed;
  const beyond = bytes.filter(isBodyPosition).find((place) => heldAfter(place, length) >= length);
  if (beyond !== undefined) throw new StampedeError('CONFIG_INVALID', `${beyond} is beyond the shared layer, which has ${length} bytes`, { hint: `the last place is byte-${length - 1}` });
}
