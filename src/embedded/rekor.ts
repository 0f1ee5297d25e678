// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StampedeError } from '../foundation/errors.ts';
import { refusal, routes, type Answer, type Books } from './rekor/routes.ts';
import { SearchIndex } from './rekor/search-index.ts';
import { TransparencyLog } from './rekor/transparency-log.ts';
import { serve, type EmbeddedServer } from './server.ts';

export interface RekorOptions {
  /** The log's public key is written there, as `rekor.pub`. */
  readonly directory: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
}

/** A running log and the key that its entries verify with. */
export interface RekorServer extends EmbeddedServer {
  readonly publicKeyPem: string;
  readonly publicKeyFile: string;
}

const mostBytes = 32 * 1024 * 1024;

/**
 * A Rekor v1 log in memory, empty and with a fresh key at each start; the private key never leaves the process.
 * https://github.com/sigstore/rekor/blob/main/openapi.yaml
 * @throws StampedeError PORT_TAKEN
 */
export async function startRekor({ directory, port }: RekorOptions): Promise<RekorServer> {
  const books: Books = { log: new TransparencyLog(), index: new SearchIndex() };
  const { publicKeyPem } = books.log;
  const publicKeyFile = join(directory, 'rekor.pub');
  await mkdir(directory, { recursive: true });
  await writeFile(publicKeyFile, publicKeyPem, { mode: 0o600 });
  const handler = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    send(response, await answer(books, request));
  };
  const server = await serve(createServer(), handler, { protocol: 'http', ...(port === undefined ? {} : { port }) });
  return { ...server, publicKeyPem, publicKeyFile };
}

async function answer(books: Books, request: IncomingMessage): Promise<Answer> {
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://rekor.local');
  const method = request.method ?? 'GET';
  const uuid = pathname.slice(pathname.lastIndexOf('/') + 1);
  const route = routes[`${method} ${pathname}`] ?? routes[`${method} ${pathname.slice(0, -uuid.length)}*`];
  if (route === undefined) return refusal(404, `path ${pathname} was not found`);
  const body = await readBody(request);
  if (body === undefined) return refusal(413, `a request may have ${mostBytes} bytes`);
  let document: unknown;
  try {
    document = method === 'POST' ? JSON.parse(body.toString()) : undefined;
  } catch {
    return refusal(400, 'parsing body: not JSON');
  }
  try {
    return route(books, { query, uuid, document });
  } catch (error) {
    if (!(error instanceof StampedeError)) throw error;
    return refusal(400, `error processing entry: ${error.message}`);
  }
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
  response.writeHead(status, { ...headers, 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}
