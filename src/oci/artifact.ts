// SPDX-License-Identifier: Apache-2.0
import { diffIdOf, digestOf } from './digest.ts';
import type { BuiltImage } from './image.ts';
import type { Layer } from './layer.ts';
import type { Descriptor, Manifest } from './manifest.ts';

/** An artifact that is no runnable image: layers of any kind, and a configuration that says nothing but their diffIDs. */
export interface ArtifactParts {
  readonly layers: readonly Layer[];
  readonly manifestType: string;
  readonly configType: string;
}

/** What Go programs write for a time that nobody has set. */
const noTime = '0001-01-01T00:00:00Z';

/** Members are in the order in which Go's image library writes them, so that equal layers make an equal digest there and here. */
export function buildArtifact({ layers, manifestType, configType }: ArtifactParts): BuiltImage {
  const configBytes = Buffer.from(
    JSON.stringify({
      architecture: '',
      created: noTime,
      history: layers.map(() => ({ created: noTime })),
      os: '',
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
      config: {},
    }),
  );
  const configDescriptor = descriptorOf(configBytes, configType);
  const manifest: Manifest = { schemaVersion: 2, mediaType: manifestType, config: configDescriptor, layers: layers.map(({ descriptor }) => descriptor) };
  const manifestBytes = Buffer.from(JSON.stringify(manifest));
  return { digest: digestOf(manifestBytes), manifestBytes, mediaType: manifestType, manifest, configBytes, configDescriptor, layers };
}

/** A layer whose bytes are what they are: no tar, nothing compressed. */
export function plainLayer(bytes: Buffer, mediaType: string, annotations: Readonly<Record<string, string>>): Layer {
  return { bytes, diffId: diffIdOf(bytes), descriptor: { ...descriptorOf(bytes, mediaType), annotations } };
}

function descriptorOf(bytes: Buffer, mediaType: string): Descriptor {
  return { mediaType, size: bytes.length, digest: digestOf(bytes) };
}
