// SPDX-License-Identifier: Apache-2.0
import { readSettings } from '../config.ts';
import type { ResourceStack } from '../foundation/resources.ts';
import type { TerminalReport } from '../report/terminal.ts';
import type { Bench } from '../reproduce/case.ts';
import { withBug } from './open-exploration.ts';
import { requirePlantable } from './planted-bug.ts';
import { prepareContext } from './prepare-context.ts';

/** Who does not hang comes to an end long before. */
const deadlineMs = 10_000;

export interface BenchRequest {
  readonly subject: string;
  readonly binary: string | undefined;
  readonly plantedBug: string | undefined;
  readonly deadlineMs: number | undefined;
  /** As options of the command; they win. */
  readonly given: { readonly store?: string | undefined; readonly deadline?: string | undefined; readonly 'gate-timeout'?: string | undefined; readonly seed?: string | undefined; readonly features?: string | undefined };
}

/** A stage for what is looked for, and what is looked at on it; `resources` takes all of it down. */
export async function openBench(request: BenchRequest, terminal: TerminalReport, resources: ResourceStack): Promise<Bench> {
  const { subject, binary, plantedBug, given } = request;
  const values = { subject, binary, runs: given.store, deadline: given.deadline ?? String(request.deadlineMs ?? deadlineMs), gateTimeout: given['gate-timeout'], seed: given.seed, features: given.features };
  const settings = readSettings(Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined)));
  const prepared = await prepareContext({ ...settings, plantedBug: undefined }, terminal, resources, plantedBug === undefined ? 'release' : 'test');
  requirePlantable({ plantedBug, binary: settings.binary }, prepared.subject);
  return { ...prepared, environment: withBug(plantedBug), resources };
}
