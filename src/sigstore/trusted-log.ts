// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';
import { verifyEntrySubject, type EntrySubject } from './entry-subject.ts';
import { parseBundleAnnotation, promiseOf, verifyLogEntry, verifyPromise, type LogEntry, type SignedPromise } from './log-entry.ts';
import { proposeDsse, proposeHashedrekord, proposeIntoto, proposeOlderIntoto, type ProposedEntry } from './proposed-entry.ts';
import type { RekorClient } from './rekor-client.ts';

/** A log whose entries count: its key, which came another way than the entries, and how to ask it, where it may be asked. */
export interface TrustedLog {
  readonly publicKeyPem: string;
  readonly client?: RekorClient;
}

/**
 * Checks that a signature or attestation is in the log. With the annotation this needs the log's key alone: the promise
 * must be signed by it and be about the subject. Without, the log is asked, and what it answers must also be proven to
 * be in the tree that it signed.
 * @throws StampedeError LOG_ENTRY_INVALID also where there is no entry; REKOR_REFUSED, CONNECTION_FAILED
 */
export async function verifyLogged(subject: EntrySubject, annotation: string | undefined, log: TrustedLog): Promise<SignedPromise> {
  if (annotation !== undefined && annotation !== '') {
    const signed = parseBundleAnnotation(annotation);
    verifyPromise(signed, log.publicKeyPem);
    verifyEntrySubject(signed.promise.body, subject);
    return signed;
  }
  if (log.client === undefined) throw new StampedeError('LOG_ENTRY_INVALID', 'no log entry travels with it, and no log is there to be asked');
  return oldestVerified(await log.client.retrieve(proposals(subject)), subject, log.publicKeyPem);
}

/** Every kind under which the subject may have been logged. */
function proposals(subject: EntrySubject): readonly ProposedEntry[] {
  if (subject.kind === 'signature') return [proposeHashedrekord(subject, subject.publicKeyPem)];
  return [proposeDsse, proposeIntoto, proposeOlderIntoto].map((propose) => propose(subject.bytes, subject.publicKeyPem));
}

function oldestVerified(entries: readonly LogEntry[], subject: EntrySubject, logPublicKeyPem: string): SignedPromise {
  const failures: unknown[] = [];
  const verified = entries.filter((entry) => {
    try {
      verifyLogEntry(entry, logPublicKeyPem);
      verifyEntrySubject(entry.body, subject);
      return true;
    } catch (error) {
      failures.push(error);
      return false;
    }
  });
  const [oldest] = verified.toSorted((one, other) => one.integratedTime - other.integratedTime);
  if (oldest !== undefined) return promiseOf(oldest);
  const [first] = failures;
  if (first instanceof Error) throw first;
  throw new StampedeError('LOG_ENTRY_INVALID', 'the log has no entry for it');
}
