// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from 'node:util';
import { hasCode } from '../foundation/errors.ts';
import type { Recorder } from '../history/recorder.ts';
import { verifyCheckpoint, type Checkpoint } from '../sigstore/checkpoint.ts';
import { verifyLogEntry, type LogEntry } from '../sigstore/log-entry.ts';
import { isConsistent } from '../sigstore/merkle.ts';
import type { RekorClient } from '../sigstore/rekor-client.ts';

export interface LogLook {
  readonly client: RekorClient;
  /** As it came with the stage, not from the log's answers. */
  readonly publicKeyPem: string;
  /** What the scenario has posted, as the log answered then. */
  readonly posted: readonly LogEntry[];
  readonly recorder: Recorder;
}

/** Records what the log says now about each entry and about its tree. A log that fails is not one that lies. */
export async function lookAtLog({ client, publicKeyPem, posted, recorder }: LogLook): Promise<void> {
  const looked = await problemOf(async () => {
    const { checkpoint, treeSize, rootHash } = await client.logInfo();
    const newest = verifyCheckpoint(checkpoint, publicKeyPem);
    if (newest.size !== treeSize || newest.rootHash.toString('hex') !== rootHash) throw new Lie('the log signs another tree than it tells of');
    for (const entry of posted) {
      const { answered, problem } = await problemOf(async () => await checkEntry(entry, newest, { client, publicKeyPem }));
      if (!answered) return false;
      recorder.record({ kind: 'log-entry-seen', uuid: entry.uuid, logIndex: entry.logIndex, problem: problem === null ? null : `entry ${entry.logIndex}: ${problem}` });
    }
    return true;
  });
  recorder.record({ kind: 'log-looked-at', entries: posted.length, ...looked });
}

class Lie extends Error {}

interface Looked {
  /** False where the log could not be asked. */
  readonly answered: boolean;
  readonly problem: string | null;
}

async function problemOf(look: () => Promise<boolean | void>): Promise<Looked> {
  try {
    return { answered: (await look()) !== false, problem: null };
  } catch (error) {
    if (hasCode(error, 'CONNECTION_FAILED') || hasCode(error, 'REKOR_REFUSED')) return { answered: false, problem: null };
    if (error instanceof Lie || hasCode(error, 'LOG_ENTRY_INVALID')) return { answered: true, problem: error.message };
    throw error;
  }
}

async function checkEntry(posted: LogEntry, newest: Checkpoint, { client, publicKeyPem }: Pick<LogLook, 'client' | 'publicKeyPem'>): Promise<void> {
  verifyLogEntry(posted, publicKeyPem);
  for (const [way, entry] of [['uuid', await client.byUuid(posted.uuid)], ['index', await client.byIndex(posted.logIndex)]] as const) {
    if (entry === undefined) throw new Lie(`is not there any more, by its ${way}`);
    const facts = ({ uuid, body, integratedTime, logIndex }: LogEntry): unknown => ({ leaf: uuid.slice(-64), body, integratedTime, logIndex });
    if (!isDeepStrictEqual(facts(entry), facts(posted))) throw new Lie(`reads back as another one, by its ${way}`);
    verifyLogEntry(entry, publicKeyPem);
    await checkGrowth(verifyCheckpoint(entry.verification.inclusionProof.checkpoint, publicKeyPem), newest, client);
  }
  await checkGrowth(verifyCheckpoint(posted.verification.inclusionProof.checkpoint, publicKeyPem), newest, client);
}

/** The log may have grown since `newest` was read: then that one is the older. */
async function checkGrowth(one: Checkpoint, other: Checkpoint, client: RekorClient): Promise<void> {
  const [older, newer] = one.size <= other.size ? [one, other] : [other, one];
  const hashes = older.size === newer.size || older.size === 0 ? [] : await client.proof(older.size, newer.size);
  if (isConsistent({ first: older.size, firstRoot: older.rootHash, second: newer.size, secondRoot: newer.rootHash, hashes })) return;
  throw new Lie(`the tree of ${older.size} that the log signed is no beginning of its tree of ${newer.size}`);
}
