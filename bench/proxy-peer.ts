// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { monotonicMs } from '../src/foundation/clock.ts';

// The two ends of the throughput measurement, each a process of its own so that they share no event loop with the door.
const [role, target = '', reader, proxy] = process.argv.slice(2);
// Where the measuring process is gone, nobody would end this one.
process.on('disconnect', () => process.exit());
const block = Buffer.alloc(1024 * 1024, 'stampede');

if (role === 'origin') {
  const server = createServer({ highWaterMark: 4 * block.length }, (request, response) => send(Number(request.url?.split('/').pop()), response));
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
  });
} else {
  receive();
}

function send(bytes: number, response: ServerResponse): void {
  let left = bytes;
  const more = (): void => {
    while (left > 0) {
      const part = left < block.length ? block.subarray(0, left) : block;
      left -= part.length;
      if (!response.write(part)) return void response.once('drain', more);
    }
    response.end();
  };
  response.writeHead(200, { 'content-length': bytes });
  more();
}

/** Asks the proxy for the target, or the target itself; only arriving bytes, and what is done with them, are timed. */
function receive(): void {
  const { hostname, port, pathname } = new URL(proxy ?? target);
  const path = proxy === undefined ? pathname : target;
  get({ hostname, port, path, headers: { host: new URL(target).host } }, (response: IncomingMessage) => {
    const startedAt = monotonicMs();
    let bytes = 0;
    const hash = createHash('sha256');
    const take = reader === 'verifies' ? (chunk: Buffer): unknown => hash.update(chunk) : (): undefined => undefined;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      take(chunk);
    });
    response.on('end', () => {
      process.send?.({ bytes, durationMs: monotonicMs() - startedAt });
      process.disconnect();
    });
  });
}
