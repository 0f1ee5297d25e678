// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';
import { parseDigest, type Digest } from './digest.ts';
import type { BuiltImage } from './image.ts';
import type { Descriptor } from './manifest.ts';
import { copyBlob, getBlob, getBlobBytes, pushBlob, type BlobSource } from './registry-blobs.ts';
import { askHeaders, type RegistryConnection } from './registry-exchange.ts';
import { listReferrers, listRepositories, listTags } from './registry-lists.ts';
import { getManifest, headManifest, putManifest, type ManifestHead, type StoredManifest } from './registry-manifests.ts';
import type { TransportResponse } from './transport.ts';

/** Where a manifest is, or goes: `reference` is a tag or a digest. */
export interface ManifestPlace {
  readonly repository: string;
  readonly reference: string;
}

/**
 * One registry, anonymous. Every call throws REGISTRY_REFUSED (with the status and the registry's own code in the
 * message) for answers other than those it is for, and CONNECTION_FAILED where there was none; nothing is retried.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
 */
export interface RegistryClient {
  ping(): Promise<void>;
  /** Sends nothing when the repository has the blob already. */
  pushBlob(repository: string, content: Uint8Array | BlobSource): Promise<void>;
  putManifest(repository: string, reference: string, bytes: Buffer, mediaType: string): Promise<Digest>;
  /** Layers, configuration, then the manifest under the tag. */
  pushImage(repository: string, image: BuiltImage, tag: string): Promise<Digest>;
  /** By the registry's word; undefined when there is none. */
  headManifest(repository: string, reference: string): Promise<ManifestHead | undefined>;
  /** Verified, of at most 4 MiB; undefined when there is none. */
  getManifest(repository: string, reference: string): Promise<StoredManifest | undefined>;
  /** Not verified: the caller has to, while it reads. */
  getBlob(repository: string, digest: Digest, signal?: AbortSignal): Promise<TransportResponse>;
  /** Verified, of at most `limit` bytes. */
  getBlobBytes(repository: string, digest: Digest, limit: number): Promise<Buffer>;
  /** Empty for an unknown repository. */
  tags(repository: string): Promise<readonly string[]>;
  /** All repositories, or those in a folder. */
  catalog(folder?: string): Promise<readonly string[]>;
  referrers(repository: string, digest: Digest): Promise<readonly Descriptor[]>;
  /** A manifest with all that it names, or an index with all its manifests, within this registry. */
  copy(from: ManifestPlace, to: ManifestPlace): Promise<Digest>;
}

export function createRegistryClient(connection: RegistryConnection): RegistryClient {
  return {
    ping: async () => void (await askHeaders(connection, { path: '/v2/', expect: [200] })),
    pushBlob: async (repository, content) => await pushBlob(connection, repository, content),
    putManifest: async (repository, reference, bytes, mediaType) =>
      await putManifest(connection, repository, reference, { bytes, mediaType }),
    pushImage: async (repository, image, tag) => await pushImage(connection, repository, image, tag),
    headManifest: async (repository, reference) => await headManifest(connection, repository, reference),
    getManifest: async (repository, reference) => await getManifest(connection, repository, reference),
    getBlob: async (repository, digest, signal) => await getBlob(connection, repository, digest, signal),
    getBlobBytes: async (repository, digest, limit) => await getBlobBytes(connection, repository, digest, limit),
    tags: async (repository) => await listTags(connection, repository),
    catalog: async (folder) => await listRepositories(connection, folder),
    referrers: async (repository, digest) => await listReferrers(connection, repository, digest),
    copy: async (from, to) => await copyManifest(connection, from, to),
  };
}

async function pushImage(connection: RegistryConnection, repository: string, image: BuiltImage, tag: string): Promise<Digest> {
  await Promise.all([...image.layers, { bytes: image.configBytes, descriptor: image.configDescriptor }].map(async ({ bytes, descriptor }) => await pushBlob(connection, repository, bytes, descriptor.digest)));
  return await putManifest(connection, repository, tag, { bytes: image.manifestBytes, mediaType: image.mediaType });
}

async function copyManifest(connection: RegistryConnection, from: ManifestPlace, to: ManifestPlace): Promise<Digest> {
  const found = await getManifest(connection, from.repository, from.reference);
  if (found === undefined) throw new StampedeError('REGISTRY_REFUSED', `no manifest ${from.repository} ${from.reference} to copy: 404`);
  const { config, layers, manifests } = namedBy(found);
  for (const digest of manifests) {
    await copyManifest(connection, { ...from, reference: digest }, { ...to, reference: digest });
  }
  for (const digest of [...layers, ...config]) await copyBlob(connection, from.repository, to.repository, digest);
  return await putManifest(connection, to.repository, to.reference, found);
}

interface Named {
  readonly config: readonly Digest[];
  readonly layers: readonly Digest[];
  readonly manifests: readonly Digest[];
}

/** Everything that a manifest names and a registry has to have; layers with addresses of their own it need not. */
function namedBy({ bytes, digest }: StoredManifest): Named {
  type Listed = { readonly digest: string; readonly urls?: readonly string[] };
  try {
    const document = JSON.parse(bytes.toString('utf8')) as { config?: Listed; layers?: Listed[]; manifests?: Listed[] };
    const digests = (list: readonly Listed[] = []): readonly Digest[] => list.map((listed) => parseDigest(listed.digest));
    return {
      config: digests(document.config === undefined ? [] : [document.config]),
      layers: digests(document.layers?.filter(({ urls = [] }) => urls.length === 0)),
      manifests: digests(document.manifests),
    };
  } catch (cause) {
    throw new StampedeError('MANIFEST_MALFORMED', `${digest} is no manifest`, { cause });
  }
}
