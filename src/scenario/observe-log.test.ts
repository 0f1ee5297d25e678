// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judge, type Verdict } from '../checkers/checker.ts';
import { logConsistent } from '../checkers/log-consistent.ts';
import { startRekor, type RekorServer } from '../embedded/rekor.ts';
import { openRecorder } from '../history/recorder.ts';
import { digestOf } from '../oci/digest.ts';
import { createTransport } from '../oci/transport.ts';
import { generateKeyPair } from '../sigstore/keys.ts';
import type { LogEntry } from '../sigstore/log-entry.ts';
import { proposeHashedrekord } from '../sigstore/proposed-entry.ts';
import { createRekorClient, type RekorClient } from '../sigstore/rekor-client.ts';
import { signImage } from '../sigstore/simple-signing.ts';
import { lookAtLog } from './observe-log.ts';

const pair = generateKeyPair();
const transport = createTransport();
let folder: string;
let rekor: RekorServer;
let honest: RekorClient;
let posted: LogEntry[];
let runs = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'observe-log-test-'));
  rekor = await startRekor({ directory: folder });
  honest = createRekorClient({ url: rekor.url, transport });
  posted = [await post('one'), await post('two')];
  await post('three');
});
afterAll(async () => {
  await transport[Symbol.asyncDispose]();
  await rekor.close();
  await rm(folder, { recursive: true });
});

async function post(what: string): Promise<LogEntry> {
  return await honest.post(proposeHashedrekord(signImage('registry.local/image', digestOf(Buffer.from(what)), pair.privateKey), pair.publicKeyPem));
}

/** What is found when the log answers like `client`. */
async function verdictOf(client: RekorClient, entries: readonly LogEntry[] = posted): Promise<Verdict> {
  const recorder = openRecorder(join(folder, `history-${(runs += 1)}.ndjson`));
  await lookAtLog({ client, publicKeyPem: rekor.publicKeyPem, posted: entries, recorder });
  recorder.close();
  return judge(logConsistent, recorder.events()).verdict;
}

function sentence(verdict: Verdict): string {
  return verdict.verdict === 'broken' ? verdict.sentence : verdict.verdict;
}

describe('a log that is looked at', () => {
  it('held: the real one, which has grown since', async () => {
    expect(await verdictOf(honest)).toEqual({ verdict: 'held' });
  });

  it('unknown: nothing was posted', async () => {
    expect((await verdictOf(honest, [])).verdict).toBe('unknown');
  });

  it('unknown: it is down, at once or in the middle', async () => {
    const gone = createRekorClient({ url: 'http://127.0.0.1:1', transport });
    expect((await verdictOf(gone)).verdict).toBe('unknown');
    expect((await verdictOf({ ...honest, byUuid: gone.byUuid })).verdict).toBe('unknown');
  });

  it.each<readonly [string, RegExp, () => Partial<RekorClient>]>([
    ['an entry was changed', /entry 0: reads back as another one, by its uuid/, () => ({ byUuid: async (uuid) => ({ ...(await honest.byUuid(uuid))!, body: posted[1]!.body }) })],
    ['two entries were swapped', /reads back as another one, by its index/, () => ({ byIndex: async (index) => await honest.byIndex(1 - index) })],
    ['an entry is gone', /entry 1: is not there any more, by its uuid/, () => ({ byUuid: async (uuid) => (uuid === posted[1]!.uuid ? undefined : await honest.byUuid(uuid)) })],
    ['the inclusion proof is of another place', /inclusion proof/, () => ({ byUuid: async (uuid) => withProof((await honest.byUuid(uuid))!, { logIndex: 2 }) })],
    ['the inclusion proof is cut', /inclusion proof/, () => ({ byIndex: async (index) => withProof((await honest.byIndex(index))!, { hashes: [] }) })],
    ['the promise is of another entry', /./, () => ({ byUuid: async (uuid) => ({ ...(await honest.byUuid(uuid))!, verification: { ...(await honest.byUuid(uuid))!.verification, signedEntryTimestamp: posted[1]!.verification.signedEntryTimestamp } }) })],
    ['it tells of another tree than it signs', /signs another tree/, () => ({ logInfo: async () => ({ ...(await honest.logInfo()), treeSize: 2 }) })],
    ['its tree does not contain the older one', /no beginning of its tree/, () => ({ proof: async (first, last) => (await honest.proof(first, last)).map((hash) => Buffer.alloc(hash.length)) })],
    ['its checkpoint is by another key', /signature/, () => ({ logInfo: async () => ({ ...(await honest.logInfo()), checkpoint: (await otherLog()).checkpoint }) })],
  ])('broken: %s', async (_what, wanted, lies) => {
    expect(sentence(await verdictOf({ ...honest, ...lies() }))).toMatch(wanted);
  });
});

function withProof(entry: LogEntry, change: Partial<LogEntry['verification']['inclusionProof']>): LogEntry {
  return { ...entry, verification: { ...entry.verification, inclusionProof: { ...entry.verification.inclusionProof, ...change } } };
}

async function otherLog() {
  const other = await startRekor({ directory: join(folder, 'other') });
  const info = await createRekorClient({ url: other.url, transport }).logInfo();
  await other.close();
  return info;
}
