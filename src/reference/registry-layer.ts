// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';
import type { DiffID } from '../oci/digest.ts';
import type { Descriptor } from '../oci/manifest.ts';
import type { RegistryClient } from '../oci/registry-client.ts';
import { decompressed } from './cache/decompress.ts';
import type { Layer } from './cache/layer.ts';

export interface LayerPlace {
  readonly registry: RegistryClient;
  readonly repository: string;
}

/**
 * A layer as the registry has it; whoever reads its streams has to verify them.
 * @throws StampedeError REGISTRY_REFUSED, CONNECTION_FAILED, when a stream is asked for
 */
export function registryLayer({ registry, repository }: LayerPlace, { digest, size, mediaType }: Descriptor, diffID: DiffID): Layer {
  const compressed = async (signal?: AbortSignal): Promise<Readable> => (await registry.getBlob(repository, digest, signal)).body;
  return {
    digest: async () => await Promise.resolve(digest),
    diffID: async () => await Promise.resolve(diffID),
    size: async () => await Promise.resolve(size),
    mediaType: async () => await Promise.resolve(mediaType),
    compressed,
    uncompressed: async (signal) => await decompressed(await compressed(signal)),
  };
}
