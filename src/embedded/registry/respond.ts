// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendStretch, type Stretch } from './stretches.ts';

/** What a route answers with; a body is a small document or a stretch of a file, whose handle `send` closes. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | Stretch;
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

async function sendFile(request: IncomingMessage, response: ServerResponse, file: Stretch): Promise<void> {
  try {
    if (request.method === 'HEAD' || file.length === 0) response.end();
    else await sendStretch(file, response);
  } finally {
    await file.handle.close();
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
