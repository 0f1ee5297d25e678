// SPDX-License-Identifier: Apache-2.0
import { request as httpRequest, type ClientRequestArgs } from 'node:http';
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

  constructor(proxy: URL, options: AgentOptions) {
    super(options);
    this.#proxy = proxy;
  }

  override createConnection(options: ClientRequestArgs & ConnectionOptions, connected?: Connected): undefined {
    openTunnel(this.#proxy, `${options.host}:${options.port ?? 443}`).then(
      (socket) => {
        const secured = connect({ ...options, socket, servername: options.servername || String(options.host) });
        connected?.(null, secured);
      },
      (error: Error) => connected?.(error, undefined as never),
    );
  }
}

/** `authorization` for a proxy whose address carries a name and password. */
export function proxyHeaders(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {};
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

async function openTunnel(proxy: URL, authority: string): Promise<Socket> {
  const send = proxy.protocol === 'https:' ? httpsRequest : httpRequest;
  const headers = { host: authority, ...proxyHeaders(proxy) };
  return await new Promise((resolve, reject) => {
    const request = send(proxy, { method: 'CONNECT', path: authority, headers, agent: false });
    request.once('error', reject);
    request.once('connect', (response, socket) => {
      if (response.statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new StampedeError('CONNECTION_FAILED', `the proxy answered CONNECT ${authority} with ${response.statusCode}`));
    });
    request.end();
  });
}
