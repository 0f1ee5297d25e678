// SPDX-License-Identifier: Apache-2.0
import { request as httpRequest, type ClientRequest, type ClientRequestArgs } from 'node:http';
import { Agent, request as httpsRequest, type AgentOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, type ConnectionOptions } from 'node:tls';
import { StampedeError } from '../foundation/errors.ts';

type Connected = (error: Error | null, socket: Duplex) => void;

/**
 * Reaches https hosts through a proxy's CONNECT and keeps the tunnels for later requests.
 * https://www.rfc-editor.org/rfc/rfc9110#name-connect
 */
export class TunnelAgent extends Agent {
  readonly #proxy: URL;
  readonly #opening = new Set<ClientRequest>();

  constructor(proxy: URL, options: AgentOptions) {
    super(options);
    this.#proxy = proxy;
  }

  override createConnection(options: ClientRequestArgs & ConnectionOptions, connected?: Connected): undefined {
    const authority = `${options.host}:${options.port ?? 443}`;
    const asked = askForTunnel(this.#proxy, authority);
    this.#opening.add(asked);
    asked.once('close', () => this.#opening.delete(asked));
    tunnelOf(asked, authority).then(
      (socket) => {
        const secured = connect({ ...options, socket, servername: options.servername || String(options.host) });
        connected?.(null, secured);
      },
      (error: Error) => connected?.(error, undefined as never),
    );
  }

  override destroy(): void {
    for (const request of this.#opening) request.destroy();
    super.destroy();
  }
}

/** `authorization` for a proxy whose address carries a name and password. */
export function proxyHeaders(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {};
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

function askForTunnel(proxy: URL, authority: string): ClientRequest {
  const send = proxy.protocol === 'https:' ? httpsRequest : httpRequest;
  const headers = { host: authority, ...proxyHeaders(proxy) };
  return send(proxy, { method: 'CONNECT', path: authority, headers, agent: false });
}

async function tunnelOf(request: ClientRequest, authority: string): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    request.once('error', reject);
    request.once('connect', (response, socket) => {
      if (response.statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new StampedeError('CONNECTION_FAILED', `the proxy answered CONNECT ${authority} with ${response.statusCode}`));
    });
    request.end();
  });
}
