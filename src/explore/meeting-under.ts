// SPDX-License-Identifier: Apache-2.0
import { heldAfter } from '../faults/gate.ts';
import { StampedeError } from '../foundation/errors.ts';
import type { KnownLayer } from '../scenario/images.ts';
import type { Meeting } from '../scenario/meeting.ts';
import { layersOf, namedImages } from '../scenario/meeting-layers.ts';
import type { Participant } from '../scenario/run.ts';
import type { ScenarioRun } from '../scenario/scenario-run.ts';
import { tracingTrouble } from '../tracing/tracing.ts';
import { gatesOf, type ScheduledLayer } from './schedule-gates.ts';
import { idOf, isOfCalls, isOfComponents, type Schedule } from './schedule.ts';

/** Makes participants of a scenario meet as the schedule says; they are what its commands say, on the images that these name. */
export function meetingUnder(scenario: ScenarioRun, schedule: Schedule): Meeting {
  const name = idOf(schedule);
  return {
    name: `schedule ${name}`,
    force: (participants) => {
      const about = aboutOf(scenario, schedule, participants);
      requireEnough(schedule, about);
      requirePlace(schedule, about);
      if (isOfCalls(schedule)) requireTracing(name);
      const { layer } = about;
      return { gates: gatesOf(schedule, about), ...(layer === undefined ? {} : { sharedLayer: layer.digest }) };
    },
  };
}

interface About extends ScheduledLayer {
  /** Undefined for schedules that are about no layer that all read. */
  readonly layer: KnownLayer | undefined;
  readonly own: KnownLayer | undefined;
}

function aboutOf({ images, context }: ScenarioRun, schedule: Schedule, participants: readonly Participant[]): About {
  const named = namedImages(images, participants);
  const needed = participants.map((participant) => layersOf(images, [participant]));
  const all = [...new Set(needed.flat())];
  const isShared = (layer: KnownLayer): boolean => needed.every((those) => those.includes(layer)) && (!isOfComponents(schedule) || named.every((image) => layer.images.includes(image)));
  const ownOf = (participant: string): KnownLayer | undefined => {
    const index = participants.findIndex(({ name }) => name === participant);
    return needed[index]?.filter((layer) => needed.every((those, other) => other === index || !those.includes(layer))).at(-1);
  };
  // What is named in a file is not seen; where everybody stands at the first request, it need not be.
  if (schedule.strategy !== 'first-request') requireImages(schedule, images, participants);
  const layer = isAboutShared(schedule) ? sharedLayer(schedule, all.filter(isShared)) : undefined;
  return {
    digest: layer?.digest ?? '',
    diffId: layer?.diffId ?? '',
    layer,
    own: ownOf(participants[0]?.name ?? ''),
    participants: participants.map(({ name }) => name),
    ownOf: (participant) => ownOf(participant)?.digest,
    layers: { all: all.map(({ digest }) => digest), own: all.filter((one) => !needed.every((those) => those.includes(one))).map(({ digest }) => digest) },
    repositories: named.map((image) => images.repositoryOf(image)),
    timeoutMs: context.gateTimeoutMs,
  };
}

function isAboutShared({ strategy }: Schedule): boolean {
  return !['first-request', 'own-layers', 'components-under-way', 'bystander', 'damaged'].includes(strategy);
}

/** Each takes part with an image whose layers are read. */
function requireImages(schedule: Schedule, images: ScenarioRun['images'], participants: readonly Participant[]): void {
  const without = participants.find((participant) => namedImages(images, [participant]).length === 0);
  if (without !== undefined) {
    throw new StampedeError('SCHEDULE_INVALID', `${without.name} names no image of this scenario: more participants than images`, {
      hint: `there are: ${images.all().map(({ name }) => name).join(', ') || 'none'}`,
    });
  }
  if (layersOf(images, participants).length === 0) throw nothingRead(schedule);
}

/** Of several, the one that most images of the scenario have; of those, the one that is read first: images are read from their last layer on. */
function sharedLayer(schedule: Schedule, shared: readonly KnownLayer[]): KnownLayer {
  const most = Math.max(...shared.map(({ images }) => images.length));
  const layer = shared.filter(({ images }) => images.length === most).at(-1);
  if (layer !== undefined) return layer;
  throw nothingRead(schedule);
}

function nothingRead(schedule: Schedule): StampedeError {
  return new StampedeError('SCHEDULE_INVALID', `the commands name no images with a layer that all of them read (${idOf(schedule)})`, {
    hint: 'write before: Given 3 operator bundle images named "..." that share a layer, ...',
  });
}

/** Where nobody else has to be there: what happens to one is seen in the next run, too. */
const forOne: readonly Schedule['strategy'][] = ['leader-killed', 'leader-fails', 'disk-fails', 'evict-while-reading', 'damaged'];

/** More of them say nothing that these don't, and may be too much for the machine. */
const most = 100;

function requireEnough(schedule: Schedule, { participants, repositories }: About): void {
  const [count, kind] = isOfComponents(schedule) ? [repositories.length, 'component'] : [participants.length, 'validator'];
  const what = count === 1 ? kind : `${kind}s`;
  const least = forOne.includes(schedule.strategy) ? 1 : 2;
  if (count > most) throw new StampedeError('SCHEDULE_INVALID', `${count} ${what} are too many: ${most} are the most`);
  if (count >= least) return;
  throw new StampedeError('SCHEDULE_INVALID', `${count} ${what} can't meet: ${idOf(schedule)} needs ${least} at least`, { hint: 'each takes part with an image that the command names' });
}

/** @throws StampedeError SCHEDULE_INVALID for a place that the layer does not have, or nobody comes to */
function requirePlace(schedule: Schedule, { layer, own, layers }: About): void {
  if (schedule.strategy === 'own-layers' && layers.own.length === 0) throw nothingOfTheirOwn(schedule);
  if (schedule.strategy === 'bystander' && own === undefined) throw nothingOfTheirOwn(schedule);
  const body = schedule.strategy === 'bystander' ? own : layer;
  if (body !== undefined) requireWithin(schedule, body.compressed.length);
}

function nothingOfTheirOwn(schedule: Schedule): StampedeError {
  return new StampedeError('SCHEDULE_INVALID', `the commands name no images with a layer that nobody else reads (${idOf(schedule)})`, {
    hint: 'with ${PARTICIPANT} in the name, each validates an image of its own',
  });
}

/**
 * A body of `size` bytes has no place after its last one: who has got it all is held by nothing.
 * @throws StampedeError SCHEDULE_INVALID
 */
export function requireWithin(schedule: Schedule, size: number): void {
  if (!('at' in schedule) || !schedule.at.startsWith('byte-')) return;
  const bytes = Number(schedule.at.slice('byte-'.length));
  if (bytes < size) return;
  throw new StampedeError('SCHEDULE_INVALID', `${bytes} bytes are beyond the body: the layer has ${size} bytes, the last place is after ${heldAfter('all-but-one', size)}`);
}

function requireTracing(name: string): void {
  const trouble = tracingTrouble();
  if (trouble === undefined) return;
  throw new StampedeError('VERDICT_UNKNOWN', `${name} can't be forced: ${trouble}`, { hint: 'apt-get install strace, and a system that allows ptrace (npm run doctor tells); or leave out: --tags "not @file-calls"' });
}
