// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import { describeError, hasCode, StampedeError } from '../foundation/errors.ts';
import { digestOf, isDigest, type Digest } from '../oci/digest.ts';
import { MediaType, type Descriptor, type Manifest } from '../oci/manifest.ts';
import { parseReference, type Reference } from '../oci/reference.ts';
import type { RegistryClient } from '../oci/registry-client.ts';
import { bundleLimits } from './read-bundle.ts';
import type { NightRecord, ShardRecord } from './record.ts';

/** Of the manifest, so that a registry can tell what it has. */
export const bundleArtifactType = 'application/vnd.stampede.night.bundle.v1';
/** Of the one layer: the bundle as it lies in a file. */
export const bundleLayerType = 'application/vnd.stampede.night.bundle.v1.tar+gzip';

const scheme = 'oci://';
const empty = Buffer.from('{}');

export function isBundleAddress(text: string): boolean {
  return text.startsWith(scheme);
}

/**
 * `oci://host/repository[:tag][@digest]`
 * @throws StampedeError CONFIG_INVALID
 */
export function bundleAddress(text: string): Reference {
  try {
    return parseReference(text.slice(scheme.length));
  } catch (cause) {
    throw new StampedeError('CONFIG_INVALID', `${text} is no place in a registry`, { cause, hint: 'such as oci://registry.example/nights:smoke-7.shard-1-of-4' });
  }
}

/** By which a shard is found where nobody has said another one. */
export function bundleTag(night: string, { index, count }: Pick<ShardRecord, 'index' | 'count'>): string {
  return `${night.replaceAll(/[^\w.-]/g, '_')}.shard-${index}-of-${count}`;
}

export interface PushedBundle {
  readonly client: RegistryClient;
  readonly repository: string;
  readonly tag: string;
  readonly file: string;
  /** What a client that pulls calls the file. */
  readonly name: string;
  readonly night: NightRecord;
}

/**
 * Pushes a bundle as an artifact of one layer; the same file makes the same digest.
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#guidelines-for-artifact-usage
 * @throws StampedeError REGISTRY_REFUSED, CONNECTION_FAILED
 */
export async function pushBundle({ client, repository, tag, file, name, night }: PushedBundle): Promise<Digest> {
  const { size } = await stat(file);
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const digest = `sha256:${hash.digest('hex')}` as Digest;
  await client.pushBlob(repository, { digest, size, open: () => createReadStream(file) });
  await client.pushBlob(repository, empty);
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    artifactType: bundleArtifactType,
    config: { mediaType: MediaType.ociEmpty, digest: digestOf(empty), size: empty.length },
    layers: [{ mediaType: bundleLayerType, digest, size, annotations: { 'org.opencontainers.image.title': name } }],
    annotations: { 'org.opencontainers.image.title': name, 'dev.stampede.night': night.id, 'dev.stampede.campaign': night.campaign },
  };
  return await client.putManifest(repository, tag, Buffer.from(JSON.stringify(manifest)), MediaType.ociManifest);
}

const manifestSchema = z.object({
  schemaVersion: z.literal(2),
  artifactType: z.literal(bundleArtifactType),
  layers: z.array(z.object({ mediaType: z.literal(bundleLayerType), digest: z.string().refine(isDigest), size: z.number().int().min(1) })).length(1),
});

/**
 * Writes the bundle that a registry has there to a new file: the bytes whose digest the manifest names, and no more of them than it says. What is in it is for
 * `readBundle` to look at.
 * @throws StampedeError BUNDLE_DAMAGED for whatever is not there, no bundle, or not what it promises to be
 */
export async function pullBundle(client: RegistryClient, { repository, tag, digest }: Reference, file: string, mostBytes = bundleLimits.fileBytes): Promise<void> {
  const asked = digest ?? tag ?? 'latest';
  try {
    const layer = layerOf((await client.getManifest(repository, asked))?.bytes, asked);
    if (layer.size > mostBytes) throw damaged(`its bundle has ${layer.size} bytes, and ${mostBytes} are the limit`);
    await fetchLayer(client, repository, layer, file);
  } catch (error) {
    if (hasCode(error, 'BUNDLE_DAMAGED') || (error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
    throw damaged(describeError(error).split('\n')[0] ?? '', error);
  }
}

function layerOf(bytes: Buffer | undefined, asked: string): Pick<Descriptor, 'digest' | 'size'> {
  if (bytes === undefined) throw damaged(`there is no ${asked}`);
  const { success, data, error } = manifestSchema.safeParse(JSON.parse(bytes.toString('utf8')));
  if (!success) throw damaged(`what is there is no bundle: ${error.issues[0]?.path.join('.') ?? ''}: ${error.issues[0]?.message ?? ''}`);
  const [layer] = data.layers;
  if (layer === undefined) throw damaged('what is there has no layer');
  return { size: layer.size, digest: layer.digest };
}

async function fetchLayer(client: RegistryClient, repository: string, { digest, size }: Pick<Descriptor, 'digest' | 'size'>, file: string): Promise<void> {
  const algorithm = digest.slice(0, digest.indexOf(':'));
  const hash = createHash(algorithm);
  let seen = 0;
  const checked = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      hash.update(chunk);
      done(seen > size ? damaged(`more than the ${size} bytes that its manifest speaks of`) : null, chunk);
    },
  });
  await pipeline((await client.getBlob(repository, digest)).body, checked, createWriteStream(file, { flags: 'wx' }));
  if (seen !== size) throw damaged(`${seen} bytes in place of ${size}`);
  if (`${algorithm}:${hash.digest('hex')}` !== digest) throw damaged(`its bytes are not those of ${digest}`);
}

function damaged(why: string, cause?: unknown): StampedeError {
  return new StampedeError('BUNDLE_DAMAGED', why, cause === undefined ? {} : { cause });
}
