// SPDX-License-Identifier: Apache-2.0
import { digestOf, type Digest } from './digest.ts';
import type { Layer } from './layer.ts';
import { MediaType, type Descriptor, type ImageConfig, type Manifest } from './manifest.ts';

export interface ImageParts {
  /** From the lowest to the topmost. */
  readonly layers: readonly Layer[];
  readonly format: 'docker' | 'oci';
  /** Of the configuration. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Of the manifest. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** RFC 3339; 1970 unless said otherwise, so that equal parts make equal images. */
  readonly created?: string;
}

/** Everything that has to be pushed for an image; `digest` names it. */
export interface BuiltImage {
  readonly digest: Digest;
  readonly manifestBytes: Buffer;
  readonly mediaType: string;
  readonly manifest: Manifest;
  readonly configBytes: Buffer;
  readonly configDescriptor: Descriptor;
  readonly layers: readonly Layer[];
}

/**
 * Layers of the usual gzip types take the one of the image's format; others keep theirs.
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md
 */
export function buildImage({ layers: given, format, labels, annotations, created = '1970-01-01T00:00:00Z' }: ImageParts): BuiltImage {
  const types = mediaTypes[format];
  const layers = given.map((layer) => inFormat(layer, types.layer));
  const config: ImageConfig = {
    architecture: 'amd64',
    os: 'linux',
    created,
    config: labels === undefined ? {} : { Labels: labels },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  };
  const configBytes = Buffer.from(JSON.stringify(config));
  const configDescriptor = { mediaType: types.config, digest: digestOf(configBytes), size: configBytes.length };
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: configDescriptor,
    layers: layers.map(({ descriptor }) => descriptor),
    ...(annotations === undefined ? {} : { annotations }),
  };
  const manifestBytes = Buffer.from(JSON.stringify(manifest));
  const digest = digestOf(manifestBytes);
  return { digest, manifestBytes, mediaType: types.manifest, manifest, configBytes, configDescriptor, layers };
}

const mediaTypes = {
  docker: { manifest: MediaType.dockerManifest, config: MediaType.dockerConfig, layer: MediaType.dockerLayer },
  oci: { manifest: MediaType.ociManifest, config: MediaType.ociConfig, layer: MediaType.ociLayerGzip },
} as const;

function inFormat(layer: Layer, mediaType: string): Layer {
  const isUsual = layer.descriptor.mediaType === MediaType.dockerLayer || layer.descriptor.mediaType === MediaType.ociLayerGzip;
  return isUsual ? { ...layer, descriptor: { ...layer.descriptor, mediaType } } : layer;
}
