// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { root } from '../foundation/root.ts';
import { askLog, type ComparableAnswer } from './rekor-answers.ts';
import type { Question } from './rekor-questions.ts';
import type { Tally } from './tally.ts';

const recordedSchema = z.strictObject({
  server: z.string(),
  answers: z.record(z.string(), z.strictObject({ status: z.int(), contentType: z.string().optional(), body: z.unknown().optional() })),
});

/** What one server answered, by question; bodies of refusals only, since those of others are about the entries. */
export type RecordedAnswers = z.output<typeof recordedSchema>;

const file = join(root, 'src', 'conformance', 'rekor-recorded.json');

/** The answers of a real server that this project keeps. */
export function recordedAnswers(): RecordedAnswers {
  return recordedSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** Asks a server; the result is what `recordedAnswers` gives once it is stored. */
export async function recordAnswers(url: string, server: string, asked: readonly Question[]): Promise<RecordedAnswers> {
  const answers: Record<string, RecordedAnswers['answers'][string]> = {};
  for (const question of asked) answers[question.name] = recordable(await askLog(url, question));
  return { server, answers };
}

function recordable({ status, contentType, body }: ComparableAnswer): RecordedAnswers['answers'][string] {
  const told = status >= 400 && body !== undefined ? { body: JSON.parse(JSON.stringify(body).replaceAll(/[0-9a-f]{64}/g, 'HASH')) as unknown } : {};
  return { status, ...(contentType === undefined ? {} : { contentType }), ...told };
}

/** Asks a log, and compares each answer with the recorded one. A recorded 500 means: a refusal, of any kind. */
export async function judgeByRecord(url: string, asked: readonly Question[], { answers }: RecordedAnswers): Promise<Tally> {
  const failures: string[] = [];
  for (const question of asked) {
    const [given, wanted] = [recordable(await askLog(url, question)), answers[question.name]];
    const isRefusal = wanted?.status === 500 && given.status >= 400 && given.status < 500;
    if (!isRefusal && JSON.stringify(given) !== JSON.stringify(wanted)) failures.push(`${question.name}: ${JSON.stringify(given)} instead of ${JSON.stringify(wanted)}`);
  }
  return { passed: asked.length - failures.length, failed: failures.length, skipped: 0, failures };
}
