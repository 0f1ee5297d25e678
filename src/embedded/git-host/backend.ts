// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { searchPath } from '../../config.ts';
import type { RepositoryPlace } from './repositories.ts';

export interface BackendCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Where it is not the request's own: what was read of it already. */
  readonly body?: Buffer;
  readonly place: RepositoryPlace;
  readonly repositories: string;
  readonly home: string;
  /** Path of git-http-backend. */
  readonly backend: string;
  /** Gets what git says on stderr. */
  readonly note: (line: string) => void;
}

const headLimit = 64 * 1024;

/**
 * Runs git-http-backend as a CGI program for one request; bodies stream both ways, and a client that breaks off
 * ends the program. https://www.rfc-editor.org/rfc/rfc3875
 */
export async function runBackend(call: BackendCall): Promise<void> {
  const { request, response, backend, note } = call;
  const child = spawn(backend, [], { env: cgiEnvironment(call), stdio: 'pipe' });
  child.stderr.setEncoding('utf8').on('data', (text: string) => note(`git-http-backend: ${text.trim()}`));
  child.on('error', (error) => note(`git-http-backend: ${error.message}`));
  response.on('close', () => child.kill());
  // git may end without reading all of a request that it refuses.
  pipeline(call.body === undefined ? request : Readable.from([call.body]), child.stdin).catch(() => undefined);
  const rest = await readHead(child, response);
  if (rest === undefined) {
    if (!response.headersSent) response.writeHead(500).end();
    return;
  }
  response.write(rest);
  await pipeline(child.stdout, response);
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

function cgiEnvironment({ request, place, repositories, home }: BackendCall): NodeJS.ProcessEnv {
  const header = (name: string): string => String(request.headers[name] ?? '');
  return {
    PATH: searchPath(),
    HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_HTTP_EXPORT_ALL: '1',
    GIT_PROJECT_ROOT: repositories,
    GIT_PROTOCOL: header('git-protocol'),
    REQUEST_METHOD: request.method ?? 'GET',
    PATH_INFO: `/${place.path}${place.service}`,
    QUERY_STRING: place.query,
    CONTENT_TYPE: header('content-type'),
    CONTENT_LENGTH: header('content-length'),
    HTTP_CONTENT_ENCODING: header('content-encoding'),
    REMOTE_ADDR: '127.0.0.1',
    REMOTE_USER: 'acceptance',
  };
}

/** Passes the CGI head on; resolves to the part of the body that came with it, or undefined when no head came. */
async function readHead(child: ChildProcessWithoutNullStreams, response: ServerResponse): Promise<Buffer | undefined> {
  let head = Buffer.alloc(0);
  for (;;) {
    const end = head.indexOf('\r\n\r\n');
    if (end >= 0) {
      writeHead(head.subarray(0, end).toString('latin1'), response);
      return head.subarray(end + 4);
    }
    if (head.length > headLimit) return undefined;
    const chunk = await nextChunk(child);
    if (chunk === undefined) return undefined;
    head = Buffer.concat([head, chunk]);
  }
}

async function nextChunk({ stdout }: ChildProcessWithoutNullStreams): Promise<Buffer | undefined> {
  for (;;) {
    const chunk = stdout.read() as Buffer | null;
    if (chunk !== null) return chunk;
    if (stdout.readableEnded || stdout.destroyed) return undefined;
    await Promise.race([once(stdout, 'readable'), once(stdout, 'end'), once(stdout, 'close')]);
  }
}

function writeHead(text: string, response: ServerResponse): void {
  let status = 200;
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
    else if (colon > 0) response.setHeader(name, value);
  }
  response.writeHead(status);
}
