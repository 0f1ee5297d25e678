// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { RunContext } from '../config.ts';
import type { AttemptSettings, Forced } from '../explore/attempt.ts';
import { begunOutcomes, type Expectation } from '../explore/expectation.ts';
import { FilledCaches } from '../explore/filled-caches.ts';
import { probe, type Probe } from '../explore/probe.ts';
import { explorationIdentity, prepareWorkload, usualShape, type WorkloadShape } from '../explore/workload.ts';
import type { ResourceStack } from '../foundation/resources.ts';
import { openScenario } from '../scenario/scenario-run.ts';
import { isHeldToPromises, type Subject } from '../validator/subject.ts';
import type { Report } from './report.ts';

/** A stage that is up, and what is looked at on it. */
export interface Bench {
  readonly context: RunContext;
  readonly subject: Subject;
  /** Set for the validators besides the usual, such as a planted bug. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ends what is open when the command ends. */
  readonly resources: ResourceStack;
}

/** How large a case is. */
export interface Size {
  readonly participants: number;
  readonly shape: WorkloadShape;
}

/** What makes a failure come again: how much of what, which schedule, and what forces it. */
export interface Case extends Size {
  /** By its name. */
  readonly schedule: string;
  /** Undefined: what the schedule's name stands for. */
  readonly forced: Forced | undefined;
}

/** A workload that attempts can be made on. One at a time: all have the same names. */
export interface OpenCase {
  readonly settings: AttemptSettings;
  close(): Promise<void>;
}

export function sizeOf({ workload: { participants, layers, layerBytes, flags } }: Report): Size {
  return { participants, shape: { layers: layers ?? usualShape.layers, layerBytes: layerBytes ?? usualShape.layerBytes, flags } };
}

/** Nobody has looked where file calls can be held. */
const unprobed: Probe = { requests: 0, layers: 0, steps: 0, calls: undefined, trouble: undefined, writesBeforeAsking: false };

/** Who takes so many times as long as the slowest does alone will not come to its end. */
const patience = 10;
const leastMs = 5000;

let opened = 0;

export interface CaseRequest {
  /** Looks at serial runs before anything is made of them, and throws where nothing can be. */
  readonly look?: (alone: Expectation) => Promise<void>;
  /** Where it can be held, from another size. */
  readonly known?: Probe;
}

/**
 * Makes the images, and learns what each process says when it is alone; from then on each may take ten times as long, or the deadline that the bench has, if that is
 * shorter. What each says on a cache is learned meanwhile; verdicts wait for it.
 */
export async function openCase({ context, subject, environment, resources }: Bench, { participants, shape }: Size, { look = async () => await Promise.resolve(), known = unprobed }: CaseRequest = {}): Promise<OpenCase> {
  const scenario = await openScenario(context, explorationIdentity, subject);
  let isClosed = false;
  const release = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    await scenario.resources[Symbol.asyncDispose]();
  };
  resources.defer('scenario', release);
  const workload = await prepareWorkload(scenario, participants, shape);
  const number = (opened += 1);
  const expectation = await begunOutcomes({ scenario, workload, environment, name: `alone-${number}` }, look).catch(async (error: unknown) => {
    await release();
    throw error;
  });
  const slowestMs = Math.max(0, ...expectation.serialRuns.map(({ result }) => result.durationMs));
  const deadlineMs = Math.min(Math.max(leastMs, patience * slowestMs), context.deadlineMs ?? subject.deadlineMs);
  const close = async (): Promise<void> => {
    // The next one has the same folders.
    await expectation.complete().catch(() => undefined);
    await release();
  };
  const filledCaches = new FilledCaches({ root: scenario.folders.root, stored: join(scenario.storedFolder, `case-${number}`) });
  return { settings: { scenario: { ...scenario, context: { ...context, deadlineMs } }, workload, expectation, probe: known, filledCaches, environment, isStrict: isHeldToPromises(subject), isWithoutCache: false }, close };
}

export function isProbed({ probe: { steps } }: AttemptSettings): boolean {
  return steps > 0;
}

/** The same, and where its file calls can be held. */
export async function probed(settings: AttemptSettings): Promise<AttemptSettings> {
  const { scenario, workload, environment } = settings;
  return { ...settings, probe: await probe({ scenario, workload, environment, name: 'probe' }) };
}
