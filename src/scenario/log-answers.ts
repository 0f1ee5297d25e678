// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { uploadArrived } from '../checkers/upload-arrived.ts';
import { wallClock } from '../foundation/clock.ts';
import { StampedeError } from '../foundation/errors.ts';
import { entriesCleared, entriesUnknown, indexFinds, uploadAccepted, uploadRefused, type ToldAnswer } from '../faults/planned-log-answer.ts';
import { inTotoPayloadType, parseEnvelope, signEnvelope } from '../sigstore/dsse.ts';
import { proposeIntoto } from '../sigstore/proposed-entry.ts';
import { statementBytes } from '../sigstore/statement.ts';
import { verificationSummary } from '../sigstore/verification-summary.ts';
import { expectHeld } from './expectations.ts';
import type { PushedImage } from './images.ts';
import { logDoorOf } from './log-faults.ts';
import type { ScenarioRun } from './scenario-run.ts';

/** What a scenario says of the log's answers. */
export type LogOrder = 'entries-cleared' | 'entries-unknown' | 'upload-expected' | 'upload-fails' | 'index-empty' | 'index-has-summary';

/**
 * From now on `${REKOR}` leads to a log that answers in this way; the log itself knows nothing of it. Said twice is said once.
 * @throws StampedeError STEP_OUT_OF_ORDER where a summary is wanted and there is no image or no key
 */
export async function tellLog(scenario: ScenarioRun, order: LogOrder): Promise<void> {
  (await logDoorOf(scenario)).answer(await answerFor(scenario, order));
}

async function answerFor(scenario: ScenarioRun, order: LogOrder): Promise<ToldAnswer> {
  switch (order) {
    case 'entries-cleared':
      return entriesCleared;
    case 'entries-unknown':
      return entriesUnknown;
    case 'upload-expected':
      return uploadAccepted;
    case 'upload-fails':
      return uploadRefused;
    case 'index-empty':
      return indexFinds(new Map());
    case 'index-has-summary':
      return indexFinds(new Map(await Promise.all(imagesToSum(scenario).map(async (image) => await logSummary(scenario, image)))));
  }
}

function imagesToSum({ images, keys }: ScenarioRun): readonly PushedImage[] {
  if (images.all().length > 0 && keys.all().length > 0) return images.all();
  throw new StampedeError('STEP_OUT_OF_ORDER', 'a valid VSA is about an image and signed by a key, and there is none', { hint: 'write before: Given a key pair named "..." and Given an image named "..."' });
}

/** Logs a summary of the image by the scenario's first key; its uuid, and the entry with what was signed, which not every log keeps. */
async function logSummary({ images, keys, log }: ScenarioRun, { name, image }: PushedImage): Promise<readonly [string, unknown]> {
  const [key] = keys.all();
  if (key === undefined) throw new TypeError('there is a key');
  const statement = statementBytes(verificationSummary({ name: images.referenceOf(name), digest: image.digest }, wallClock().toISOString()));
  const { uuid, ...entry } = await log.client.post(proposeIntoto(signEnvelope(inTotoPayloadType, statement, key.pair.privateKey), key.pair.publicKeyPem));
  return [uuid, { ...entry, attestation: { data: statement.toString('base64') } }];
}

/** @throws StampedeError VERDICT_BROKEN when nothing was sent, or no attestation; STEP_OUT_OF_ORDER before a run */
export function expectUpload(scenario: ScenarioRun): void {
  expectHeld(scenario, uploadArrived);
}

/**
 * The validator left summaries in a folder: files `vsa-*.json`, each a signed envelope.
 * @throws StampedeError EXPECTATION_BROKEN
 */
export async function expectEnvelopeFiles(scenario: ScenarioRun, name: string): Promise<void> {
  const path = await scenario.values.expand(name, scenario.context.unknownVariables);
  const folder = resolve(scenario.folders.work, path);
  const entries = await readdir(folder).catch((cause: unknown) => {
    throw new StampedeError('EXPECTATION_BROKEN', `the validator left no folder ${path}`, { cause });
  });
  const found = entries.filter((entry) => /^vsa-.*\.json$/.test(entry));
  if (found.length === 0) throw new StampedeError('EXPECTATION_BROKEN', `the validator left no file vsa-*.json in ${path}: there is ${entries.join(', ') || 'nothing'}`);
  for (const file of found) await requireEnvelope(join(folder, file), join(path, file));
}

async function requireEnvelope(file: string, shown: string): Promise<void> {
  try {
    parseEnvelope(await readFile(file));
  } catch (cause) {
    throw new StampedeError('EXPECTATION_BROKEN', `${shown} is no signed envelope`, { cause });
  }
}
