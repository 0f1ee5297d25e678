// SPDX-License-Identifier: Apache-2.0
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

/** What a door needs to stand in for a registry that speaks https. */
export interface DoorCertificate {
  /** For all names of the registry. */
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** Who issued the certificate of the registry itself. */
  readonly authorityPem: string;
}

/** The connections that carry TLS: a reset is of these. */
const carriers = new WeakMap<Socket, Socket>();

/** The connection that a request came by, below TLS if there is any. */
export function carrierOf(socket: Socket): Socket {
  return carriers.get(socket) ?? socket;
}

export function isSecured(socket: Socket): boolean {
  return socket instanceof TLSSocket;
}

/** Takes TLS off a connection and gives what is in it to `accept`; who does not trust the certificate hangs up unheard. */
export function tlsTerminator({ certificatePem, privateKeyPem }: DoorCertificate, accept: (socket: TLSSocket) => void): (raw: Socket) => void {
  const secureContext = createSecureContext({ cert: certificatePem, key: privateKeyPem });
  return (raw) => {
    raw.on('error', () => undefined);
    const secured = new TLSSocket(raw, { isServer: true, secureContext, ALPNProtocols: ['http/1.1'] });
    carriers.set(secured, raw);
    const hangUp = (): void => void secured.destroy();
    secured.on('error', hangUp);
    raw.on('close', hangUp);
    secured.once('secure', () => accept(secured));
  };
}

/** From now on the server takes nothing but TLS; what is in it goes where plain connections went. */
export function takeTlsOnly(server: Server, certificate: DoorCertificate): void {
  const listeners = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', tlsTerminator(certificate, (secured) => listeners.forEach((listen) => void Reflect.apply(listen, server, [secured]))));
}
