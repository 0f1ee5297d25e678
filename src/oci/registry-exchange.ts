// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream';
import { StampedeError } from '../foundation/errors.ts';
import { httpAddress } from './http-address.ts';
import type { RegistryLogin } from './registry-login.ts';
import type { Transport, TransportRequest, TransportResponse } from './transport.ts';

/** Where a registry is and how it is spoken to. */
export interface RegistryConnection {
  /** `http://host:port` or `https://host`, without trailing slash. */
  readonly baseUrl: string;
  readonly transport: Transport;
  /** Absent: it is asked by nobody in particular. */
  readonly login?: RegistryLogin;
}

/** An answer with a status that the caller asked for; any other is thrown. */
export interface Exchange extends TransportRequest {
  /** A path from `/v2/` on, or a whole address that the registry gave. */
  readonly path: string;
  readonly expect: readonly number[];
}

/**
 * An address that a registry gave, be it relative to the one it was asked at.
 * @throws StampedeError REGISTRY_REFUSED when there is none or it can't be gone to
 */
export function givenAddress(text: string | undefined, askedAt: string): URL {
  const url = text === undefined ? undefined : httpAddress(text, new URL(askedAt));
  if (url !== undefined) return url;
  throw new StampedeError('REGISTRY_REFUSED', `${askedAt} gave no address to go on to: ${JSON.stringify(text?.slice(0, 200))}`);
}

const mostErrorBytes = 64 * 1024;

/**
 * Asks the registry.
 * @throws StampedeError REGISTRY_REFUSED with the status and the registry's own error code; CONNECTION_FAILED
 */
export async function ask(connection: RegistryConnection, exchange: Exchange): Promise<TransportResponse> {
  const { path, expect, ...request } = exchange;
  const url = new URL(path, connection.baseUrl).href;
  const response = await sendAs(connection, url, request);
  if (expect.includes(response.status)) return response;
  const detail = await errorDetail(response);
  throw new StampedeError('REGISTRY_REFUSED', `${request.method ?? 'GET'} ${url}: ${response.status}${detail}`);
}

/** Shows who asks, if there is somebody; a token that has gone out of date meanwhile is replaced once. */
async function sendAs({ baseUrl, transport, login }: RegistryConnection, address: string, request: TransportRequest): Promise<TransportResponse> {
  const url = new URL(address);
  // What an upload goes on at may be another host, whom this password is not for.
  if (login === undefined || url.origin !== new URL(baseUrl).origin) return await transport.request(address, request);
  const wanted = { method: request.method ?? 'GET', url };
  const send = async (): Promise<TransportResponse> => {
    const authorization = await login.authorization(wanted);
    return await transport.request(address, authorization === undefined ? request : { ...request, headers: { ...request.headers, authorization } });
  };
  const response = await send();
  if (response.status !== 401 || request.body instanceof Readable) return response;
  response.body.resume();
  login.forget(wanted);
  return await send();
}

/** As `ask`, for answers whose body says nothing; gives the headers. */
export async function askHeaders(connection: RegistryConnection, exchange: Exchange): Promise<TransportResponse> {
  const response = await ask(connection, exchange);
  response.body.resume();
  return response;
}

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes */
async function errorDetail(response: TransportResponse): Promise<string> {
  try {
    const document: unknown = JSON.parse((await response.bytes(mostErrorBytes)).toString('utf8'));
    const [first] = (document as { errors: { code?: unknown; message?: unknown }[] }).errors;
    return first === undefined ? '' : ` ${String(first.code)}: ${String(first.message)}`;
  } catch {
    return '';
  }
}
