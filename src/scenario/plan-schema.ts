// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { diskFaults } from '../faults/gate-action.ts';
import { isBodyPosition, namedPositions } from '../faults/gate.ts';
import type { Digest } from '../oci/digest.ts';
import { callFamilies } from '../tracing/calls.ts';
import type { Plan } from './plan.ts';

/** In `schemas/`, and the name by which others refer to it. */
export const planSchemaFile = 'plan.schema.json';

const name = z.string().min(1);
/** What looks like a digest is taken for one: its brand says no more. */
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/) as unknown as z.ZodType<Digest, Digest>;
const names = z.array(name).min(1);
const milliseconds = z.number().int().min(1).max(3_600_000);
const count = z.number().int().min(1).max(100_000);

const gateMatch = z.strictObject({
  resource: z.enum(['ping', 'manifest', 'blob', 'tags', 'catalog', 'referrers', 'upload', 'other']),
  references: names.exactOptional(),
  repositories: names.exactOptional(),
  participants: z.array(name).exactOptional(),
});

const entry = z.string().regex(/^(?:[0-9a-f]{64})?$/);
const callMatch = z.strictObject({
  call: z.enum(callFamilies),
  entry: z.union([entry, z.array(entry)]),
  nth: count,
  participants: names,
});

const startMatch = z.strictObject({ start: z.literal(true), participants: names });

const party = z.enum(['participant', 'repository']);

const condition = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('arrivals'), parties: party, count }),
  z.strictObject({ kind: z.literal('standstill'), parties: z.literal('participant'), count, forMs: milliseconds.exactOptional() }),
  z.strictObject({ kind: z.literal('reached'), parties: z.literal('participant'), count: z.literal(1), gate: name }),
  z.strictObject({ kind: z.literal('failed-before'), parties: z.literal('participant'), count: z.literal(1), gate: name }),
  z.strictObject({ kind: z.literal('ended-or-waits'), parties: z.literal('participant'), count: z.literal(1), participant: name, orAt: name.exactOptional() }),
  z.strictObject({ kind: z.literal('requests'), parties: party, count, of: gateMatch }),
]);

const action = z.union([
  z.enum(['go', 'kill', 'evict', 'reset', 'cut', 'short-body', 'wrong-bytes']),
  z.enum(diskFaults),
  z.number().int().min(400).max(599),
  z.strictObject({ kind: z.literal('delay'), ms: milliseconds }),
  z.strictObject({ kind: z.literal('trickle'), bytes: count, everyMs: milliseconds, times: count }),
]);

const gateRule = z.strictObject({
  name,
  hold: z.union([gateMatch, callMatch, startMatch]),
  until: condition,
  timeoutMs: milliseconds,
  isOptional: z.boolean().exactOptional(),
  at: z.union([z.enum(namedPositions), z.templateLiteral(['byte-', z.int()]).refine(isBodyPosition)]).exactOptional(),
  then: action.exactOptional(),
});

const turnRule = z.strictObject({
  order: names,
  changes: z.array(z.number().int().min(1)),
  families: z.array(z.enum(callFamilies)),
  timeoutMs: milliseconds,
});

const workload = z.strictObject({
  layers: z.number().int().min(1).max(16),
  layerBytes: z.number().int().min(1024).max(256 * 1024 * 1024),
  flags: z.array(z.string()),
});

const exploration = z.strictObject({
  schedule: name,
  participants: z.number().int().min(1).max(100_000),
  plantedBug: z.string().exactOptional(),
  binary: name.exactOptional(),
  isWithoutCache: z.boolean().exactOptional(),
  deadlineMs: milliseconds.exactOptional(),
  gateTimeoutMs: milliseconds,
  workload: workload.exactOptional(),
});

/** The only description of stored plans: what is read back is held against it, and the published one is made from it. */
export const planSchema = z.strictObject({
  version: z.literal(1),
  scenario: name,
  subject: name,
  seed: name,
  participants: z.array(z.strictObject({ name, arguments: z.array(z.string()) })),
  gates: z.array(gateRule),
  turns: turnRule.exactOptional(),
  meeting: z.union([z.literal('alone'), z.templateLiteral(['schedule ', z.string()])]),
  sharedLayer: digest.exactOptional(),
  cache: z.enum(['cold', 'warm', 'half-filled', 'damaged']).exactOptional(),
  isTraced: z.boolean().exactOptional(),
  exploration: exploration.exactOptional(),
});

type Mutable<T> = T extends string ? T : T extends readonly (infer Item)[] ? Mutable<Item>[] : T extends object ? { -readonly [Key in keyof T]: Mutable<T[Key]> } : T;
type Same<Left, Right> = [Left] extends [Right] ? ([Right] extends [Left] ? true : never) : never;

/** Does not compile where type and schema say different things. */
void (true satisfies Same<z.output<typeof planSchema>, Mutable<Plan>>);

/** As it is published, for other languages. https://json-schema.org/draft/2020-12 */
export function publishedPlanSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(planSchema, { target: 'draft-2020-12' });
  const head = { $schema, $id: planSchemaFile, title: 'Plan', description: 'What one run of validators does: who takes part, where they are held and until when, and what is done to them there.' };
  return `${JSON.stringify({ ...head, ...schema }, null, 2)}\n`;
}
