// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { StampedeError } from '../foundation/errors.ts';
import type { Transport } from '../oci/transport.ts';
import { parseHostileJson } from './hostile-json.ts';
import { parseLogEntries, parseLogEntryList, type LogEntry } from './log-entry.ts';
import type { ProposedEntry } from './proposed-entry.ts';

/** How a log describes itself; nothing in it is verified but what `checkpoint` says to `verifyCheckpoint`. */
export interface LogInfo {
  readonly treeSize: number;
  /** Hex. */
  readonly rootHash: string;
  /** Decimal. */
  readonly treeId: string;
  readonly checkpoint: string;
}

/**
 * Speaks to a Rekor v1 log. Nothing that it answers is verified: that is for `verifyLogEntry` and `verifyCheckpoint`,
 * with a key that came another way. All methods throw StampedeError REKOR_REFUSED (any other status, or an answer
 * that is none) or CONNECTION_FAILED; those that give entries LOG_ENTRY_INVALID where one is malformed.
 */
export interface RekorClient {
  /** PEM. */
  publicKey(): Promise<string>;
  logInfo(): Promise<LogInfo>;
  /** The hashes of the consistency proof between two sizes. */
  proof(firstSize: number, lastSize: number): Promise<readonly Buffer[]>;
  /** Adds an entry; an equal one that is there already is given back instead. */
  post(proposed: ProposedEntry): Promise<LogEntry>;
  byUuid(uuid: string): Promise<LogEntry | undefined>;
  byIndex(logIndex: number): Promise<LogEntry | undefined>;
  /** The entries that equal what is proposed, of at most ten. */
  retrieve(proposed: readonly ProposedEntry[]): Promise<readonly LogEntry[]>;
  /** The uuids of entries about a hash (hex, with or without `sha256:`). */
  searchByHash(hash: string): Promise<readonly string[]>;
}

export interface RekorClientOptions {
  /** Base address, as in `--rekor-url`. */
  readonly url: string;
  readonly transport: Transport;
}

interface Reply {
  readonly status: number;
  readonly location: string | undefined;
  readonly bytes: Buffer;
}

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const refused = { what: 'the answer of the log', code: 'REKOR_REFUSED' } as const;
const infoSchema = z.object({ treeSize: z.int().nonnegative(), rootHash: hash, treeID: z.string(), signedTreeHead: z.string() });
const proofSchema = z.object({ hashes: z.array(hash) });
const uuidsSchema = z.array(z.string()).nullish();
const refusalSchema = z.object({ message: z.string() });

/** https://github.com/sigstore/rekor/blob/main/openapi.yaml */
export function createRekorClient({ url, transport }: RekorClientOptions): RekorClient {
  const base = `${url.replace(/\/+$/, '')}/api/v1`;
  const ask = async (path: string, document?: unknown): Promise<Reply> => {
    const headers = { accept: 'application/json;q=1, application/x-pem-file', 'content-type': 'application/json' };
    const body = document === undefined ? {} : { method: 'POST', body: Buffer.from(JSON.stringify(document)) };
    const response = await transport.request(`${base}${path}`, { headers, ...body });
    return { status: response.status, location: response.headers.location, bytes: await response.bytes() };
  };
  const want = async (status: number, path: string, document?: unknown): Promise<Buffer> => {
    const reply = await ask(path, document);
    if (reply.status !== status) throw refusal(path, reply);
    return reply.bytes;
  };
  const find = async (path: string): Promise<LogEntry | undefined> => {
    const reply = await ask(path);
    if (reply.status === 404) return undefined;
    if (reply.status !== 200) throw refusal(path, reply);
    return onlyOne(parseLogEntries(reply.bytes));
  };
  const byUuid = async (uuid: string): Promise<LogEntry | undefined> => await find(`/log/entries/${encodeURIComponent(uuid)}`);
  return {
    publicKey: async () => (await want(200, '/log/publicKey')).toString(),
    logInfo: async () => infoOf(await want(200, '/log')),
    proof: async (firstSize, lastSize) => {
      const answer = await want(200, `/log/proof?firstSize=${firstSize}&lastSize=${lastSize}`);
      return parseHostileJson(answer, proofSchema, refused).hashes.map((text) => Buffer.from(text, 'hex'));
    },
    post: async (proposed) => {
      const reply = await ask('/log/entries', proposed);
      if (reply.status === 201) return onlyOne(parseLogEntries(reply.bytes));
      const existing = reply.status === 409 ? await byUuid(reply.location?.split('/').at(-1) ?? '') : undefined;
      if (existing === undefined) throw refusal('/log/entries', reply);
      return existing;
    },
    byUuid,
    byIndex: async (logIndex) => await find(`/log/entries?logIndex=${logIndex}`),
    retrieve: async (entries) => parseLogEntryList(await want(200, '/log/entries/retrieve', { entries })),
    searchByHash: async (value) => parseHostileJson(await want(200, '/index/retrieve', { hash: value }), uuidsSchema, refused) ?? [],
  };
}

function infoOf(answer: Buffer): LogInfo {
  const { treeSize, rootHash, treeID, signedTreeHead } = parseHostileJson(answer, infoSchema, refused);
  return { treeSize, rootHash, treeId: treeID, checkpoint: signedTreeHead };
}

function onlyOne(entries: readonly LogEntry[]): LogEntry {
  const [entry, ...others] = entries;
  if (entry !== undefined && others.length === 0) return entry;
  throw new StampedeError('REKOR_REFUSED', `the log answered ${entries.length} entries where one was asked for`);
}

function refusal(path: string, { status, bytes }: Reply): StampedeError {
  const said = parsedMessage(bytes);
  return new StampedeError('REKOR_REFUSED', `the log answered ${status} to ${path}${said === undefined ? '' : `: ${said}`}`);
}

function parsedMessage(bytes: Buffer): string | undefined {
  try {
    return refusalSchema.parse(JSON.parse(bytes.toString())).message;
  } catch {
    return undefined;
  }
}
