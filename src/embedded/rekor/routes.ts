// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { StampedeError } from '../../foundation/errors.ts';
import { canonicalBody } from '../../sigstore/entry-body.ts';
import type { LogEntry } from '../../sigstore/log-entry.ts';
import { leafHash } from '../../sigstore/merkle.ts';
import { canonicalise } from './canonicalise.ts';
import { envelopeProblem } from './entry-words.ts';
import { countIn, mismatch, problemIn, type ShapeProblem } from './openapi.ts';
import { searchKeysOf, searchQuerySchema, type SearchIndex } from './search-index.ts';
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
const uuidPattern = '^([0-9a-fA-F]{64}|[0-9a-fA-F]{80})$';
const patterns = {
  entryUUIDs: uuidPattern,
  hash: '^(sha512:)?[0-9a-fA-F]{128}$|^(sha256:)?[0-9a-fA-F]{64}$|^(sha1:)?[0-9a-fA-F]{40}$',
};

/** Go clients write null for a list that they leave out. */
const retrieveSchema = z.object({
  entryUUIDs: z.array(z.string().regex(/^(?:[0-9a-fA-F]{64}|[0-9a-fA-F]{80})$/)).max(mostQueries).nullish(),
  logIndexes: z.array(z.int().nonnegative()).max(mostQueries).nullish(),
  entries: z.array(z.unknown()).max(mostQueries).nullish(),
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

function misshapen(problem: ShapeProblem): Answer {
  return { status: 422, json: problem };
}

/** What `action` gives, or a refusal with the words of what it throws. */
function unlessInvalid(action: () => Answer, worded: (message: string) => string): Answer {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof StampedeError)) throw error;
    return refusal(400, worded(error.message));
  }
}

function logInfo({ log }: Books): Answer {
  const json = {
    inactiveShards: null,
    rootHash: log.rootHash,
    signedTreeHead: log.checkpoint,
    treeID: String(log.treeId),
    treeSize: log.size,
  };
  return { status: 200, json };
}

function consistencyProof({ log }: Books, { query }: Asked): Answer {
  const first = query.has('firstSize') ? countIn(query, 'firstSize', 1) : 1;
  const last = countIn(query, 'lastSize', 1);
  const treeId = query.get('treeID') ?? '';
  if (typeof first !== 'number') return misshapen(first);
  if (typeof last !== 'number') return misshapen(last);
  if (treeId !== '' && !/^\d+$/.test(treeId)) return misshapen(mismatch('treeID', 'query', '^[0-9]+$'));
  if (first > last) return refusal(400, `firstSize(${first}) must be less than lastSize(${last})`);
  if (treeId !== '' && treeId !== String(log.treeId)) return refusal(400, `no log range found for tree ID ${treeId}`);
  if (last > log.size) return refusal(400, `the tree size requested(${last}) was greater than what is currently observable(${log.size})`);
  return { status: 200, json: { hashes: log.consistencyProof(first, last), rootHash: log.rootHash } };
}

function addEntry(books: Books, { document }: Asked): Answer {
  const problem = envelopeProblem(document);
  return problem === undefined ? unlessInvalid(() => addValid(books, document), (message) => `error processing entry: ${message}`) : misshapen(problem);
}

function addValid({ log, index }: Books, document: unknown): Answer {
  const accepted = canonicalise(document);
  if (!accepted.isInsertable) return refusal(400, 'error processing entry: what was signed is missing');
  const searchKeys = searchKeysOf(accepted);
  const { index: logIndex, isNew } = log.add(canonicalBody(accepted.body), searchKeys);
  const entry = entryAt(log, logIndex);
  const location = `${entriesPath}/${entry.uuid}`;
  if (!isNew) {
    const conflict = refusal(409, `an equivalent entry already exists in the transparency log with UUID ${entry.uuid}`);
    return { ...conflict, headers: { location } };
  }
  index.add(searchKeys, entry.uuid);
  return { status: 201, headers: { location, etag: entry.uuid }, json: answerOf(entry) };
}

function entryByIndex({ log }: Books, { query }: Asked): Answer {
  const logIndex = countIn(query, 'logIndex', 0);
  if (typeof logIndex !== 'number') return misshapen(logIndex);
  const entry = log.entryAt(logIndex);
  return entry === undefined ? { status: 404 } : { status: 200, json: answerOf(entry) };
}

function entryByUuid({ log }: Books, { uuid }: Asked): Answer {
  if (!/^(?:[0-9a-fA-F]{64}|[0-9a-fA-F]{80})$/.test(uuid)) return misshapen(mismatch('entryUUID', 'path', uuidPattern));
  const entry = find(log, uuid);
  return entry === undefined ? { status: 404 } : { status: 200, json: answerOf(entry) };
}

function retrieveEntries({ log }: Books, { document }: Asked): Answer {
  const asked = retrieveSchema.safeParse(document, { reportInput: true });
  if (!asked.success) return misshapen(problemIn(asked.error, patterns));
  const [entryUUIDs, logIndexes, entries] = [asked.data.entryUUIDs ?? [], asked.data.logIndexes ?? [], asked.data.entries ?? []];
  if (entryUUIDs.length + logIndexes.length + entries.length > mostQueries) {
    return refusal(422, `more than max allowed ${mostQueries} entries in request`);
  }
  const problem = entries.map(envelopeProblem).find((each) => each !== undefined);
  if (problem !== undefined) return refusal(400, `parsing entry body from "" failed, because ${problem.message}`);
  return unlessInvalid(() => retrieved(log, { entryUUIDs, logIndexes, entries }), (message) => message);
}

interface Sought {
  readonly entryUUIDs: readonly string[];
  readonly logIndexes: readonly number[];
  readonly entries: readonly unknown[];
}

function retrieved(log: TransparencyLog, { entryUUIDs, logIndexes, entries }: Sought): Answer {
  const found = [
    ...entryUUIDs.map((uuid) => find(log, uuid)),
    ...entries.map((entry) => find(log, leafHash(canonicalBody(canonicalise(entry).body)).toString('hex'))),
    ...logIndexes.map((logIndex) => log.entryAt(logIndex)),
  ];
  return { status: 200, json: found.filter((entry) => entry !== undefined).map(answerOf) };
}

function searchIndex({ index }: Books, { document }: Asked): Answer {
  const query = searchQuerySchema.safeParse(document, { reportInput: true });
  if (!query.success) return misshapen(problemIn(query.error, patterns));
  return unlessInvalid(() => ({ status: 200, json: index.search(query.data) }), () => 'public key provided could not be parsed');
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
