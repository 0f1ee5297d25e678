// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { canonicalBody } from '../../sigstore/entry-body.ts';
import type { LogEntry } from '../../sigstore/log-entry.ts';
import { leafHash } from '../../sigstore/merkle.ts';
import { canonicalise } from './canonicalise.ts';
import { searchQuerySchema, type SearchIndex } from './search-index.ts';
import type { TransparencyLog } from './transparency-log.ts';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; absent: no body. */
  readonly json?: unknown;
  readonly text?: string;
}

export interface Asked {
  readonly query: URLSearchParams;
  /** The last part of the path, where the route has one. */
  readonly uuid: string;
  /** The parsed body of a POST. */
  readonly document: unknown;
}

export interface Books {
  readonly log: TransparencyLog;
  readonly index: SearchIndex;
}

type Route = (books: Books, asked: Asked) => Answer;

const entriesPath = '/api/v1/log/entries';
const mostQueries = 10;
const count = z.coerce.number().int().nonnegative();

/** Go clients write null for a list that they leave out. */
const retrieveSchema = z.object({
  entryUUIDs: z.array(z.string().regex(/^(?:[0-9a-fA-F]{64}|[0-9a-fA-F]{80})$/)).nullish(),
  logIndexes: z.array(z.int().nonnegative()).nullish(),
  entries: z.array(z.unknown()).nullish(),
});

/** What this log answers, by method and path; `*` stands for a uuid. https://github.com/sigstore/rekor/blob/main/openapi.yaml */
export const routes: Readonly<Record<string, Route>> = {
  'GET /api/v1/log': logInfo,
  'GET /api/v1/log/publicKey': ({ log }) => ({ status: 200, text: log.publicKeyPem }),
  'GET /api/v1/log/proof': consistencyProof,
  [`POST ${entriesPath}`]: addEntry,
  [`GET ${entriesPath}`]: entryByIndex,
  [`GET ${entriesPath}/*`]: entryByUuid,
  [`POST ${entriesPath}/retrieve`]: retrieveEntries,
  'POST /api/v1/index/retrieve': searchIndex,
};

/** A refusal as Rekor words it. */
export function refusal(status: number, message: string): Answer {
  return { status, json: { code: status, message } };
}

function logInfo({ log }: Books): Answer {
  const json = {
    inactiveShards: [],
    rootHash: log.rootHash,
    signedTreeHead: log.checkpoint,
    treeID: String(log.treeId),
    treeSize: log.size,
  };
  return { status: 200, json };
}

function consistencyProof({ log }: Books, { query }: Asked): Answer {
  const first = count.min(1).safeParse(query.get('firstSize') ?? 1);
  const last = count.min(1).safeParse(query.get('lastSize') ?? undefined);
  if (!first.success || !last.success) return refusal(422, 'firstSize and lastSize must be whole numbers from 1');
  if (first.data > last.data) return refusal(400, `firstSize(${first.data}) must be less than lastSize(${last.data})`);
  if (last.data > log.size) return refusal(400, `the tree size requested(${last.data}) is greater than the log's (${log.size})`);
  const treeId = query.get('treeID') ?? '';
  if (treeId !== '' && treeId !== String(log.treeId)) return refusal(400, `no tree ${treeId}`);
  return { status: 200, json: { hashes: log.consistencyProof(first.data, last.data), rootHash: log.rootHash } };
}

function addEntry({ log, index }: Books, { document }: Asked): Answer {
  const accepted = canonicalise(document);
  if (!accepted.isInsertable) return refusal(400, 'error processing entry: what was signed is missing');
  const { index: logIndex, isNew } = log.add(canonicalBody(accepted.body));
  const entry = entryAt(log, logIndex);
  const location = `${entriesPath}/${entry.uuid}`;
  if (!isNew) {
    const conflict = refusal(409, `an equivalent entry already exists in the transparency log with UUID ${entry.uuid}`);
    return { ...conflict, headers: { location } };
  }
  index.add(accepted, entry.uuid);
  return { status: 201, headers: { location, etag: entry.uuid }, json: answerOf(entry) };
}

function entryByIndex({ log }: Books, { query }: Asked): Answer {
  const logIndex = count.safeParse(query.get('logIndex') ?? undefined);
  if (!logIndex.success) return refusal(422, 'logIndex must be a whole number from 0');
  const entry = log.entryAt(logIndex.data);
  return entry === undefined ? { status: 404 } : { status: 200, json: answerOf(entry) };
}

function entryByUuid({ log }: Books, { uuid }: Asked): Answer {
  if (!/^(?:[0-9a-fA-F]{64}|[0-9a-fA-F]{80})$/.test(uuid)) return refusal(422, 'a UUID has 64 or 80 hexadecimal digits');
  const entry = find(log, uuid);
  return entry === undefined ? { status: 404 } : { status: 200, json: answerOf(entry) };
}

function retrieveEntries({ log }: Books, { document }: Asked): Answer {
  const asked = retrieveSchema.safeParse(document);
  if (!asked.success) return refusal(422, `malformed query: ${asked.error.message}`);
  const [entryUUIDs, logIndexes, entries] = [asked.data.entryUUIDs ?? [], asked.data.logIndexes ?? [], asked.data.entries ?? []];
  if (entryUUIDs.length + logIndexes.length + entries.length > mostQueries) {
    return refusal(422, `more than max allowed ${mostQueries} entries in request`);
  }
  const found = [
    ...entryUUIDs.map((uuid) => find(log, uuid)),
    ...entries.map((entry) => find(log, leafHash(canonicalBody(canonicalise(entry).body)).toString('hex'))),
    ...logIndexes.map((logIndex) => log.entryAt(logIndex)),
  ];
  return { status: 200, json: found.filter((entry) => entry !== undefined).map(answerOf) };
}

function searchIndex({ index }: Books, { document }: Asked): Answer {
  const query = searchQuerySchema.safeParse(document);
  if (!query.success) return refusal(422, `malformed query: ${query.error.message}`);
  return { status: 200, json: index.search(query.data) };
}

/** A uuid names the tree too, a bare leaf hash does not. */
function find(log: TransparencyLog, uuid: string): LogEntry | undefined {
  const index = log.indexOf(uuid.slice(-64).toLowerCase());
  const entry = index === undefined ? undefined : entryAt(log, index);
  return uuid.length === 64 || entry?.uuid === uuid.toLowerCase() ? entry : undefined;
}

function entryAt(log: TransparencyLog, index: number): LogEntry {
  const entry = log.entryAt(index);
  if (entry === undefined) throw new RangeError(`no entry ${index}`);
  return entry;
}

function answerOf({ uuid, ...entry }: LogEntry): Readonly<Record<string, unknown>> {
  return { [uuid]: entry };
}
