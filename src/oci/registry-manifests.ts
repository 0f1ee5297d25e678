// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';
import { digestOf, isDigest, parseDigest, type Digest } from './digest.ts';
import { MediaType } from './manifest.ts';
import { ask, askHeaders, type RegistryConnection } from './registry-exchange.ts';
import type { TransportResponse } from './transport.ts';

/** A manifest or index as the registry has it; the digest is that of the bytes. */
export interface StoredManifest {
  readonly bytes: Buffer;
  readonly digest: Digest;
  readonly mediaType: string;
}

export interface ManifestHead {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
}

const mostManifestBytes = 4 * 1024 * 1024;
const accept = [MediaType.ociManifest, MediaType.ociIndex, MediaType.dockerManifest, MediaType.dockerManifestList].join(', ');

/**
 * The manifest of a tag or digest, undefined when there is none. What was asked for by digest has that digest, and
 * the registry's own word on it must agree.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
 * @throws StampedeError DIGEST_MISMATCH, RESPONSE_TOO_LONG beyond 4 MiB, REGISTRY_REFUSED
 */
export async function getManifest(
  connection: RegistryConnection,
  repository: string,
  reference: string,
): Promise<StoredManifest | undefined> {
  const response = await ask(connection, { path: pathOf(repository, reference), headers: { accept }, expect: [200, 404] });
  if (response.status === 404) {
    response.body.resume();
    return undefined;
  }
  const bytes = await response.bytes(mostManifestBytes);
  const digest = digestOf(bytes);
  const promised = [reference, promisedDigest(response)].filter((text) => text !== undefined && isDigest(text));
  if (promised.some((text) => text !== digest)) {
    throw new StampedeError('DIGEST_MISMATCH', `${repository}: asked for manifest ${reference}, got ${digest}, promised ${promised.join(', ')}`);
  }
  return { bytes, digest, mediaType: mediaTypeOf(response) };
}

/** As `getManifest`, by the registry's word alone. */
export async function headManifest(connection: RegistryConnection, repository: string, reference: string): Promise<ManifestHead | undefined> {
  const exchange = { method: 'HEAD', path: pathOf(repository, reference), headers: { accept }, expect: [200, 404] };
  const response = await askHeaders(connection, exchange);
  if (response.status === 404) return undefined;
  const digest = parseDigest(promisedDigest(response) ?? reference);
  const size = Number(response.headers['content-length'] ?? Number.NaN);
  if (!Number.isSafeInteger(size)) throw new StampedeError('REGISTRY_REFUSED', `HEAD ${exchange.path}: no length`);
  return { digest, mediaType: mediaTypeOf(response), size };
}

/**
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests
 * @throws StampedeError REGISTRY_REFUSED
 */
export async function putManifest(
  connection: RegistryConnection,
  repository: string,
  reference: string,
  { bytes, mediaType }: Pick<StoredManifest, 'bytes' | 'mediaType'>,
): Promise<Digest> {
  const exchange = { method: 'PUT', path: pathOf(repository, reference), headers: { 'content-type': mediaType }, body: bytes, expect: [201] };
  await askHeaders(connection, exchange);
  return digestOf(bytes);
}

function pathOf(repository: string, reference: string): string {
  return `/v2/${repository}/manifests/${reference}`;
}

function promisedDigest({ headers }: TransportResponse): string | undefined {
  const value = headers['docker-content-digest'];
  return Array.isArray(value) ? value[0] : value;
}

function mediaTypeOf({ headers }: TransportResponse): string {
  return (headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
}
