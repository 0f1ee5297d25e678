// SPDX-License-Identifier: Apache-2.0
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

/** What a route answers with; a body is a small document or a stretch of a file. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | FileBody;
}

/** Whoever is given one has to close the handle; `send` does. */
export interface FileBody {
  readonly handle: FileHandle;
  readonly start: number;
  /** Bytes. */
  readonly length: number;
}

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes, and two of distribution's own */
export type RefusalCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'PAGINATION_NUMBER_INVALID'
  | 'RANGE_INVALID'
  | 'SIZE_INVALID'
  | 'UNAUTHORIZED'
  | 'UNSUPPORTED';

const fileChunkBytes = 1024 * 1024;

export function refusal(status: number, code: RefusalCode, message: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { ...json({ errors: [{ code, message }] }, headers), status };
}

/** 200 with a document; `headers` may say another content-type. */
export function json(document: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  const body = Buffer.from(JSON.stringify(document));
  return { status: 200, headers: { 'content-type': 'application/json', ...headers }, body };
}

/** Sends an answer with its length; one to HEAD without its body. A client that leaves early is no error. */
export async function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer): Promise<void> {
  const length = body?.length ?? 0;
  const hasLength = status !== 204 && status !== 304;
  response.writeHead(status, {
    'docker-distribution-api-version': 'registry/2.0',
    ...(hasLength ? { 'content-length': length } : {}),
    ...headers,
  });
  if (body === undefined || Buffer.isBuffer(body)) {
    response.end(request.method === 'HEAD' ? undefined : body);
    return;
  }
  await sendFile(request, response, body);
}

async function sendFile(request: IncomingMessage, response: ServerResponse, { handle, start, length }: FileBody): Promise<void> {
  if (request.method === 'HEAD' || length === 0) {
    response.end();
    await handle.close();
    return;
  }
  const stream = handle.createReadStream({ start, end: start + length - 1, highWaterMark: fileChunkBytes });
  try {
    await pipeline(stream, response);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

/** A whole request body, or undefined for one longer than `mostBytes` (which is then read to its end and dropped). */
export async function readSmallBody(request: IncomingMessage, mostBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= mostBytes) chunks.push(chunk);
  }
  return length <= mostBytes ? Buffer.concat(chunks, length) : undefined;
}
