// SPDX-License-Identifier: Apache-2.0
import { json } from '@sigstore/core';
import * as z from 'zod';
import { StampedeError } from '../foundation/errors.ts';
import { decodeBase64 } from './base64.ts';
import { verifyCheckpoint } from './checkpoint.ts';
import { parseHostileJson } from './hostile-json.ts';
import { isSignedBy, logIdOf, readPublicKey, signBytes, type KeyPair } from './keys.ts';
import { isIncluded, leafHash } from './merkle.ts';

const count = z.int().nonnegative();
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const base64 = z.string().refine((text) => decodeBase64(text) !== undefined, 'not base64');

const promiseSchema = z.object({ body: base64, integratedTime: count, logIndex: count, logID: hash });

const entrySchema = promiseSchema.extend({
  verification: z.object({
    inclusionProof: z.object({
      checkpoint: z.string(),
      hashes: z.array(hash),
      logIndex: count,
      rootHash: hash,
      treeSize: count,
    }),
    signedEntryTimestamp: base64,
  }),
});

const answerSchema = z.record(z.string().regex(/^[0-9a-f]{80}$/), entrySchema);

const bundleSchema = z.object({ SignedEntryTimestamp: base64, Payload: promiseSchema });

/** What a log promises: this body (base64), at this index, since this second of 1970. */
export type EntryPromise = Readonly<z.output<typeof promiseSchema>>;

/** An entry as a log answers it; its `uuid` is the tree's id (16 hex digits) and the entry's leaf hash. */
export type LogEntry = Readonly<z.output<typeof entrySchema>> & { readonly uuid: string };

/** A promise and the log's signature over it (SET, base64): enough to check an entry without asking the log. */
export interface SignedPromise {
  readonly promise: EntryPromise;
  readonly signedEntryTimestamp: string;
}

/** The name of an entry in a tree. @see LogEntry */
export function uuidOf(treeId: bigint, body: Uint8Array): string {
  return `${treeId.toString(16).padStart(16, '0')}${leafHash(body).toString('hex')}`;
}

/** Reads `{uuid: entry}` as logs answer it. @throws StampedeError LOG_ENTRY_INVALID when it is malformed */
export function parseLogEntries(answer: Uint8Array | string): readonly LogEntry[] {
  const entries = parseHostileJson(answer, answerSchema, { what: 'the log entry', code: 'LOG_ENTRY_INVALID' });
  return Object.entries(entries).map(([uuid, entry]) => ({ uuid, ...entry }));
}

/** Reads a list of `{uuid: entry}`, as searches are answered. @throws StampedeError LOG_ENTRY_INVALID when it is malformed */
export function parseLogEntryList(answer: Uint8Array | string): readonly LogEntry[] {
  const list = parseHostileJson(answer, z.array(answerSchema), { what: 'the list of log entries', code: 'LOG_ENTRY_INVALID' });
  return list.flatMap((entries) => Object.entries(entries).map(([uuid, entry]) => ({ uuid, ...entry })));
}

/** The signed entry timestamp (SET), base64. */
export function signPromise(promise: EntryPromise, keyPair: KeyPair): string {
  return signBytes(keyPair.privateKey, signedForm(promise)).toString('base64');
}

/**
 * Checks that the log with this key promised the entry.
 * @throws StampedeError LOG_ENTRY_INVALID, KEY_MALFORMED
 */
export function verifyPromise({ promise, signedEntryTimestamp }: SignedPromise, logPublicKeyPem: string): void {
  if (promise.logID !== logIdOf(logPublicKeyPem)) throw invalid('is of another log than the one with the given key');
  const signature = decodeBase64(signedEntryTimestamp);
  if (signature === undefined || !isSignedBy(readPublicKey(logPublicKeyPem), signedForm(promise), signature)) {
    throw invalid('has a signed entry timestamp that does not verify');
  }
}

/** The promise that an entry carries. */
export function promiseOf({ body, integratedTime, logIndex, logID, verification }: LogEntry): SignedPromise {
  return { promise: { body, integratedTime, logIndex, logID }, signedEntryTimestamp: verification.signedEntryTimestamp };
}

/**
 * Checks everything that an entry says about itself: its uuid, the promise, and that it is in the tree that the log signed.
 * Says nothing about what the entry is about.
 * @throws StampedeError LOG_ENTRY_INVALID, KEY_MALFORMED
 */
export function verifyLogEntry(entry: LogEntry, logPublicKeyPem: string): void {
  const body = decodeBase64(entry.body);
  if (body === undefined || leafHash(body).toString('hex') !== entry.uuid.slice(-64)) throw invalid('has a body that is not what its uuid names');
  verifyPromise(promiseOf(entry), logPublicKeyPem);
  const { checkpoint, hashes, logIndex, rootHash, treeSize } = entry.verification.inclusionProof;
  const { size, rootHash: root } = verifyCheckpoint(checkpoint, logPublicKeyPem);
  if (size !== treeSize || root.toString('hex') !== rootHash) throw invalid('has a proof for another tree than its checkpoint');
  const path = hashes.map((text) => Buffer.from(text, 'hex'));
  if (!isIncluded({ index: logIndex, size, leaf: leafHash(body), hashes: path, root })) {
    throw invalid('has an inclusion proof that does not lead to the signed root');
  }
}

/** The annotation `dev.sigstore.cosign/bundle`, by which a validator checks the log without asking it. */
export function bundleAnnotation(entry: LogEntry): string {
  const { promise, signedEntryTimestamp } = promiseOf(entry);
  return JSON.stringify({ SignedEntryTimestamp: signedEntryTimestamp, Payload: promise });
}

/** @throws StampedeError LOG_ENTRY_INVALID when the annotation is malformed */
export function parseBundleAnnotation(text: string): SignedPromise {
  const bundle = parseHostileJson(text, bundleSchema, { what: 'the log entry in the annotation', code: 'LOG_ENTRY_INVALID' });
  return { promise: bundle.Payload, signedEntryTimestamp: bundle.SignedEntryTimestamp };
}

function signedForm({ body, integratedTime, logIndex, logID }: EntryPromise): Buffer {
  return Buffer.from(json.canonicalize({ body, integratedTime, logIndex, logID }));
}

function invalid(reason: string): StampedeError {
  return new StampedeError('LOG_ENTRY_INVALID', `the log entry ${reason}`);
}
