// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { StampedeError } from '../foundation/errors.ts';
import { isDigest, type DiffID, type Digest } from '../oci/digest.ts';
import { MediaType } from '../oci/manifest.ts';
import { parseReference, pinnedReference } from '../oci/reference.ts';
import type { RegistryClient } from '../oci/registry-client.ts';
import type { StoredManifest } from '../oci/registry-manifests.ts';
import { parseHostileJson } from '../sigstore/hostile-json.ts';
import type { Layer } from './cache/layer.ts';
import { registryAt, type Connection } from '../oci/registry-at.ts';
import { registryLayer } from './registry-layer.ts';

/** An image that is there, by the digest that its reference stands for at this moment. */
export interface Image {
  /** `host/repository@digest` */
  readonly pinned: string;
  /** Of the manifest or index that the reference names, which is what signatures are of. */
  readonly digest: Digest;
  readonly repository: string;
  readonly registry: RegistryClient;
  readonly manifest: ImageManifest;
}

/** What an image's configuration holds. */
export interface ImageContents {
  /** The part that containers run with: labels, environment and so on. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly labels: Readonly<Record<string, string>>;
  /** From first to last. */
  readonly layers: readonly Layer[];
}

const digest = z.custom<Digest>((text) => typeof text === 'string' && isDigest(text));
const diffId = z.custom<DiffID>((text) => typeof text === 'string' && isDigest(text));
const descriptor = z.object({ mediaType: z.string(), digest, size: z.int().nonnegative() });
const manifestSchema = z.object({
  config: descriptor,
  layers: z.array(descriptor),
  annotations: z.record(z.string(), z.string()).nullish(),
});
const platform = z.object({ os: z.string(), architecture: z.string() });
const indexSchema = z.object({ manifests: z.array(z.object({ digest, platform: platform.nullish() })) });
const configSchema = z.object({
  config: z.looseObject({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
  rootfs: z.object({ diff_ids: z.array(diffId) }),
});

type ImageManifest = z.output<typeof manifestSchema>;

const mostConfigBytes = 4 * 1024 * 1024;

/**
 * Finds the image; of an index, the manifest for linux/amd64.
 * @throws StampedeError REFERENCE_MALFORMED, MANIFEST_MALFORMED, REGISTRY_REFUSED, CONNECTION_FAILED, DIGEST_MISMATCH
 */
export async function openImage(text: string, connection: Connection): Promise<Image> {
  const reference = parseReference(text);
  const { host, repository } = reference;
  const registry = await registryAt(host, connection);
  const found = await requireManifest(registry, repository, reference.digest ?? reference.tag ?? 'latest');
  const isIndex = found.mediaType === MediaType.ociIndex || found.mediaType === MediaType.dockerManifestList;
  const single = isIndex ? await requireManifest(registry, repository, platformManifest(found)) : found;
  const manifest = parseHostileJson(single.bytes, manifestSchema, { what: `the manifest of ${text}`, code: 'MANIFEST_MALFORMED' });
  return { pinned: pinnedReference(reference, found.digest), digest: found.digest, repository, registry, manifest };
}

/**
 * Reads the configuration; the layers' bytes are fetched when they are opened.
 * @throws as `openImage`
 */
export async function readContents({ pinned, manifest, registry, repository }: Image): Promise<ImageContents> {
  const bytes = await registry.getBlobBytes(repository, manifest.config.digest, mostConfigBytes);
  const malformed = { what: `the configuration of ${pinned}`, code: 'MANIFEST_MALFORMED' } as const;
  const { config, rootfs } = parseHostileJson(bytes, configSchema, malformed);
  if (rootfs.diff_ids.length !== manifest.layers.length) {
    throw new StampedeError('MANIFEST_MALFORMED', `${malformed.what} tells of ${rootfs.diff_ids.length} layers, the manifest of others`);
  }
  // The lengths are equal.
  const layers = manifest.layers.map((layer, index) => registryLayer({ registry, repository }, layer, rootfs.diff_ids[index] as DiffID));
  return { config: config ?? {}, labels: config?.Labels ?? {}, layers };
}

async function requireManifest(registry: RegistryClient, repository: string, reference: string): Promise<StoredManifest> {
  const found = await registry.getManifest(repository, reference);
  if (found === undefined) throw new StampedeError('REGISTRY_REFUSED', `no manifest ${reference} in ${repository}`);
  return found;
}

function platformManifest({ bytes, digest: named }: StoredManifest): Digest {
  const { manifests } = parseHostileJson(bytes, indexSchema, { what: `the index ${named}`, code: 'MANIFEST_MALFORMED' });
  const fitting = manifests.find(({ platform: one }) => one?.os === 'linux' && one.architecture === 'amd64');
  if (fitting === undefined) throw new StampedeError('MANIFEST_MALFORMED', `the index ${named} has no manifest for linux/amd64`);
  return fitting.digest;
}
