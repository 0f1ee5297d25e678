// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { StampedeError } from '../foundation/errors.ts';
import type { EventKind, History } from './event.ts';

const text = z.string();
const count = z.number().nonnegative();
const texts = z.array(text);
const actor = { participant: text };
const moment = z.enum(['before', 'held', 'after']);
const call = z.object({ family: z.enum(['look', 'open', 'read', 'create', 'write', 'sync', 'close', 'rename', 'remove', 'lock']), entry: text, nth: count, path: text, name: text, result: text });
const target = z.object({ resource: text, repository: text.optional(), reference: text.optional() });
const output = z.object({ file: text, bytes: count, digest: text, truncated: z.boolean() });

/** In `schemas/`, and the name by which others refer to it. */
export const eventSchemaFile = 'event.schema.json';

/** A table, so that a new kind of event can't be forgotten here. */
const shapes: Readonly<Record<EventKind, z.ZodObject>> = {
  'workload-known': z.object({ layers: z.array(z.object({ digest: text, diffId: text, size: count })), shared: text.optional(), cache: z.enum(['cold', 'warm', 'half-filled', 'damaged']).optional(), isOpaque: z.literal(true).optional() }),
  'validator-started': z.object({ ...actor, pid: count, command: texts, directory: text }),
  'validator-exited': z.object({
    ...actor, ending: z.enum(['exited', 'signalled', 'deadline', 'output-limit', 'stopped']), exitCode: z.number().nullable(), signal: text.nullable(), durationMs: count,
    peakRssBytes: count.nullable(), peakOpenFiles: count.optional(), peakThreads: count.optional(), stdout: output, stderr: output, leftBehind: count.optional(), outputHeldOpen: z.literal(true).optional(),
  }),
  request: z.object({ ...actor, request: count, method: text, path: text, target }),
  response: z.object({ ...actor, request: count, status: count, bytes: count, complete: z.boolean() }),
  'gate-arrived': z.object({ ...actor, gate: text, request: count.optional(), repository: text.optional(), call: call.optional(), afterBytes: count.optional() }),
  'fault-struck': z.object({ ...actor, gate: text, request: count.optional(), fault: text }),
  'file-call': z.object({ ...actor, call }),
  'turn-taken': z.object({ ...actor, step: count, standing: texts }),
  'turns-over': z.object({ reason: z.enum(['closed', 'timeout']), steps: count }),
  'gate-opened': z.object({ gate: text, reason: z.enum(['condition', 'abandoned', 'timeout', 'closed']), arrived: count, wanted: count, waiting: texts.optional(), ended: texts.optional(), fault: text.optional() }),
  'cache-file-seen': z.object({ moment, path: text, size: count, digest: text, class: z.enum(['exact', 'prefix', 'short-by-padding', 'other-bytes', 'foreign', 'unknown-content']) }),
  'limits-known': z.object({ ...actor, rssBytes: count, openFiles: count, threads: count, diskBytes: count }),
  'usual-files-known': z.object({ paths: texts, contents: z.array(z.object({ path: text, digest: text })).optional() }),
  'cache-looked-at': z.object({ moment, files: count }),
  'log-fault': z.object({ fault: text, after: count }),
  'log-told': z.object({ answer: text }),
  'log-asked': z.object({ method: text, path: text, outcome: text, entry: text.optional(), status: count.optional() }),
  'log-entry-seen': z.object({ uuid: text, logIndex: z.number(), problem: text.nullable() }),
  'log-looked-at': z.object({ entries: count, answered: z.boolean(), problem: text.nullable() }),
  'outcome-compared': z.object({ ...actor, against: text, equal: z.boolean(), difference: text, isTold: z.literal(true).optional() }),
  'snapshot-compared': z.object({ snapshot: text, outcome: z.enum(['matched', 'mismatched', 'missing', 'written']) }),
};

/** Longer ago than any run takes; also what a scale of time can be drawn for. */
const longestMs = 1e9;

/**
 * For histories that come from elsewhere: every event carries what its kind does, and time is within bounds. Members that are not known are let pass.
 * @throws StampedeError HISTORY_CORRUPT naming the event and what is wrong with it
 */
export function requireShapes(history: History, file: string): History {
  for (const event of history) {
    const problem = problemOf(event.at, shapes[event.kind].safeParse(event));
    if (problem === undefined) continue;
    throw new StampedeError('HISTORY_CORRUPT', `event ${event.index} of ${file} is not what a ${event.kind} is: ${problem}`, { hint: 'a history is never mended: run again, or ask for an unchanged copy' });
  }
  return history;
}

function problemOf(at: number, { success, error }: ReturnType<z.ZodType['safeParse']>): string | undefined {
  if (!(at >= 0 && at <= longestMs)) return `at: ${at} is no time of a run`;
  const [issue] = success ? [] : error.issues;
  return issue === undefined ? undefined : `${issue.path.join('.')}: ${issue.message}`;
}

/** Of a line of a stored history, as it is published, for other languages. https://json-schema.org/draft/2020-12 */
export function publishedEventSchema(): string {
  const head = { index: z.number().int().nonnegative(), at: count.max(longestMs) };
  const [first, ...others] = Object.entries(shapes).map(([kind, shape]) => z.object({ kind: z.literal(kind), ...head }).extend(shape.shape));
  const event = z.discriminatedUnion('kind', [first as z.ZodObject<{ kind: z.ZodLiteral<string> }>, ...(others as z.ZodObject<{ kind: z.ZodLiteral<string> }>[])]);
  // As input: members that are not known are let pass.
  const { $schema, ...schema } = z.toJSONSchema(event, { target: 'draft-2020-12', io: 'input' });
  const about = { $schema, $id: eventSchemaFile, title: 'Event', description: 'One line of history.ndjson: something that was observed in a run, with its place in the order and its time in milliseconds.' };
  return `${JSON.stringify({ ...about, ...schema }, null, 2)}\n`;
}
