// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { uuidOf } from '../sigstore/log-entry.ts';
import { forgetfulStore, openLogStore } from './rekor/log-store.ts';
import { required } from './rekor/openapi.ts';
import { refusal, routes, type Answer, type Books } from './rekor/routes.ts';
import { SearchIndex } from './rekor/search-index.ts';
import { TransparencyLog } from './rekor/transparency-log.ts';
import { serve, type EmbeddedServer } from './server.ts';

export interface RekorOptions {
  /** The log's public key is written there, as `rekor.pub`. */
  readonly directory: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** The log that this folder had before goes on: its key, its tree, its entries. Absent: a new one, in memory. */
  readonly isKept?: boolean;
}

/** A running log and the key that its entries verify with. */
export interface RekorServer extends EmbeddedServer {
  readonly publicKeyPem: string;
  readonly publicKeyFile: string;
}

const mostBytes = 32 * 1024 * 1024;

/**
 * A Rekor v1 log. In memory, empty and with a fresh key at each start, whose private part never leaves the process; or kept in its folder.
 * https://github.com/sigstore/rekor/blob/main/openapi.yaml
 * @throws StampedeError PORT_TAKEN, LOG_ENTRY_INVALID
 */
export async function startRekor({ directory, port, isKept = false }: RekorOptions): Promise<RekorServer> {
  await mkdir(directory, { recursive: true });
  const store = isKept ? openLogStore(directory) : forgetfulStore();
  const books: Books = { log: new TransparencyLog(store), index: new SearchIndex() };
  store.kept.forEach(({ body, searchKeys }) => books.index.add(searchKeys, uuidOf(store.treeId, body)));
  const { publicKeyPem } = books.log;
  const publicKeyFile = join(directory, 'rekor.pub');
  await writeFile(publicKeyFile, publicKeyPem, { mode: 0o600 });
  const handler = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    send(response, await answer(books, request));
  };
  const server = await serve(createServer(), handler, { protocol: 'http', ...(port === undefined ? {} : { port }) });
  const close = async (): Promise<void> => {
    await server.close();
    store.close();
  };
  return { ...server, publicKeyPem, publicKeyFile, close, [Symbol.asyncDispose]: close };
}

async function answer(books: Books, request: IncomingMessage): Promise<Answer> {
  const target = request.url ?? '/';
  if (!URL.canParse(target, 'http://rekor.local')) return refusal(404, `path ${target} was not found`);
  const { pathname, searchParams: query } = new URL(target, 'http://rekor.local');
  const method = request.method ?? 'GET';
  const uuid = pathname.slice(pathname.lastIndexOf('/') + 1);
  const path = [pathname, `${pathname.slice(0, -uuid.length)}*`].find((each) => methodsAt(each).length > 0);
  if (path === undefined) return refusal(404, `path ${pathname} was not found`);
  const route = routes[`${method} ${path}`];
  if (route === undefined) return notAllowed(method, methodsAt(path));
  const type = request.headers['content-type']?.split(';')[0]?.trim() ?? 'application/octet-stream';
  const body = await readBody(request);
  if (body === undefined) return refusal(413, `a request may have ${mostBytes} bytes`);
  if (method !== 'POST') return route(books, { query, uuid, document: undefined });
  if (type !== 'application/json') return refusal(415, `unsupported media type "${type}", only [application/json] are allowed`);
  if (body.length === 0) return { status: 422, json: required(nameOfBody(path), 'body') };
  try {
    return route(books, { query, uuid, document: JSON.parse(body.toString()) });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Rekor itself says 500 to a malformed entry, which would make clients ask again.
    return refusal(400, path.endsWith('/retrieve') ? `parsing ${nameOfBody(path)} body from "" failed, because unexpected EOF` : 'unexpected EOF');
  }
}

function methodsAt(path: string): readonly string[] {
  return Object.keys(routes).filter((each) => each.endsWith(` ${path}`)).map((each) => each.slice(0, each.indexOf(' '))).sort();
}

function notAllowed(method: string, allowed: readonly string[]): Answer {
  const headers = { allow: allowed.join(',') };
  return { ...refusal(405, `method ${method} is not allowed, but [${allowed.join(',')}] are`), headers };
}

/** As the interface's description calls it. */
function nameOfBody(path: string): string {
  if (path.endsWith('/index/retrieve')) return 'query';
  return path.endsWith('/retrieve') ? 'entry' : 'proposedEntry';
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= mostBytes) chunks.push(chunk);
  }
  return length <= mostBytes ? Buffer.concat(chunks) : undefined;
}

function send(response: ServerResponse, { status, headers = {}, json, text }: Answer): void {
  const type = text === undefined ? 'application/json' : 'application/x-pem-file';
  const body = text ?? (json === undefined ? '' : `${JSON.stringify(json)}\n`);
  response.writeHead(status, { ...headers, ...(body === '' ? {} : { 'content-type': type }), 'content-length': Buffer.byteLength(body) }).end(body);
}
