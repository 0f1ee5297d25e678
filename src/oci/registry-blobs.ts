// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';
import { StampedeError } from '../foundation/errors.ts';
import { digestOf, type Digest } from './digest.ts';
import { ask, askHeaders, givenAddress, type RegistryConnection } from './registry-exchange.ts';
import type { TransportResponse } from './transport.ts';

/** Content that is not held in memory; `open` gives exactly `size` bytes, from the start, each time. */
export interface BlobSource {
  readonly digest: Digest;
  readonly size: number;
  open(): Readable;
}

/** What is no larger goes in the request that starts the upload; asking first would cost more. */
const smallBytes = 64 * 1024;

/**
 * Sends content that the repository does not have yet; the registry checks the digest. Of what is small it is not asked first.
 * @param known - the digest of `content`, where it has been made already
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#single-post
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#post-then-put
 */
export async function pushBlob(connection: RegistryConnection, repository: string, content: Uint8Array | BlobSource, known?: Digest): Promise<void> {
  const { digest, size } = isBytes(content) ? { digest: known ?? digestOf(content), size: content.length } : content;
  const started = await startUpload(connection, repository, { digest, content });
  if (started === undefined) return;
  const body = isBytes(content) ? content : content.open();
  await askHeaders(connection, { method: 'PUT', path: withDigest(connection, started, digest), headers: contentHeaders(size), body, expect: [201] });
}

/** Undefined where nothing is left to be sent. */
async function startUpload(connection: RegistryConnection, repository: string, { digest, content }: { readonly digest: Digest; readonly content: Uint8Array | BlobSource }): Promise<TransportResponse | undefined> {
  const path = `/v2/${repository}/blobs/uploads/`;
  if (isBytes(content) && content.length <= smallBytes) {
    const whole = { method: 'POST', path: `${path}?digest=${encodeURIComponent(digest)}`, headers: contentHeaders(content.length), body: content };
    // A registry that takes no whole content at once begins an upload as always.
    const started = await askHeaders(connection, { ...whole, expect: [201, 202] });
    return started.status === 201 ? undefined : started;
  }
  return (await hasBlob(connection, repository, digest)) ? undefined : await askHeaders(connection, { method: 'POST', path, expect: [202] });
}

function contentHeaders(size: number): Readonly<Record<string, string>> {
  return { 'content-type': 'application/octet-stream', 'content-length': String(size) };
}

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#checking-if-content-exists-in-the-registry */
export async function hasBlob(connection: RegistryConnection, repository: string, digest: Digest): Promise<boolean> {
  const path = `/v2/${repository}/blobs/${digest}`;
  return (await askHeaders(connection, { method: 'HEAD', path, expect: [200, 404] })).status === 200;
}

/** The bytes as the registry sends them, not verified. https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-blobs */
export async function getBlob(
  connection: RegistryConnection,
  repository: string,
  digest: Digest,
  signal?: AbortSignal,
): Promise<TransportResponse> {
  const path = `/v2/${repository}/blobs/${digest}`;
  return await ask(connection, { path, expect: [200], ...(signal === undefined ? {} : { signal }) });
}

/**
 * Verified bytes of a small blob.
 * @throws StampedeError DIGEST_MISMATCH, RESPONSE_TOO_LONG, REGISTRY_REFUSED
 */
export async function getBlobBytes(connection: RegistryConnection, repository: string, digest: Digest, limit: number): Promise<Buffer> {
  const bytes = await (await getBlob(connection, repository, digest)).bytes(limit);
  if (digestOf(bytes) === digest) return bytes;
  throw new StampedeError('DIGEST_MISMATCH', `${repository}: asked for blob ${digest}, got other bytes`);
}

/** A blob to a second repository of the same registry: taken over there if it can, else sent through here. */
export async function copyBlob(connection: RegistryConnection, from: string, to: string, digest: Digest): Promise<void> {
  const query = new URLSearchParams({ mount: digest, from });
  const path = `/v2/${to}/blobs/uploads/?${query.toString()}`;
  const started = await askHeaders(connection, { method: 'POST', path, expect: [201, 202] });
  if (started.status === 201) return;
  const { body, headers } = await getBlob(connection, from, digest);
  const length = headers['content-length'];
  const sent = { 'content-type': 'application/octet-stream', ...(length === undefined ? {} : { 'content-length': length }) };
  await askHeaders(connection, { method: 'PUT', path: withDigest(connection, started, digest), headers: sent, body, expect: [201] });
}

function withDigest({ baseUrl }: RegistryConnection, { headers }: TransportResponse, digest: Digest): string {
  const target = givenAddress(headers.location, baseUrl);
  target.searchParams.set('digest', digest);
  return target.href;
}

function isBytes(content: Uint8Array | BlobSource): content is Uint8Array {
  return content instanceof Uint8Array;
}
