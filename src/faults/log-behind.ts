// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { withoutConnectionHeaders } from './connection-headers.ts';

/** What is asked of the log behind a door. */
export interface LogQuestion {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

/** Asks the log at `upstream`; what it answers is still to be read. */
export async function askLog(upstream: string, { method, path, headers, body }: LogQuestion): Promise<IncomingMessage> {
  const outgoing = httpRequest(`${upstream}${path}`, { method, headers: withoutConnectionHeaders(headers) });
  // A connection that breaks later is seen at the response; unheard, it would end this process.
  outgoing.on('error', () => undefined);
  const [[answer]] = (await Promise.all([once(outgoing, 'response'), pipeline(body, outgoing)])) as [[IncomingMessage], void];
  return answer;
}
