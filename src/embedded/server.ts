// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import type { Server } from 'node:net';
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import { StampedeError } from '../foundation/errors.ts';

/** An embedded service that listens on loopback. */
export interface EmbeddedServer extends AsyncDisposable {
  /** Base address without trailing slash. */
  readonly url: string;
  /** The last lines logged, one a request: method, path, status. */
  logs(): readonly string[];
  /** Ends open connections and stops listening. */
  close(): Promise<void>;
}

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

export interface ListenOptions {
  readonly protocol: 'http' | 'https';
  /** 0, the default, takes a free one. */
  readonly port?: number;
}

const keptLogLines = 200;

/**
 * Listens on 127.0.0.1. A handler that throws answers 500 and is logged; it never ends the process.
 * @throws StampedeError PORT_TAKEN
 */
export async function serve(server: HttpServer, handler: RequestHandler, options: ListenOptions): Promise<EmbeddedServer> {
  const log: string[] = [];
  const note = (line: string): void => {
    log.push(line);
    if (log.length > keptLogLines) log.shift();
  };
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    response.on('close', () => note(`${request.method} ${request.url} ${response.statusCode}`));
    Promise.resolve()
      .then(() => handler(request, response))
      .catch((error: unknown) => {
        note(`${request.method} ${request.url} failed: ${error instanceof Error ? error.message : String(error)}`);
        if (response.headersSent) response.destroy();
        else response.writeHead(500).end();
      });
  });
  const port = await listen(server, options.port ?? 0);
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { url: `${options.protocol}://127.0.0.1:${port}`, logs: () => log, close, [Symbol.asyncDispose]: close };
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new StampedeError('PORT_TAKEN', `can't listen on 127.0.0.1:${port}`, {
      cause: error,
      hint: port === 0 ? 'loopback networking is needed' : 'choose another port, or 0 for a free one',
    });
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
