// SPDX-License-Identifier: Apache-2.0
import { diffIdOf, digestOf, hexOf, type Digest } from '../oci/digest.ts';
import { MediaType, type Descriptor, type ImageConfig, type Manifest } from '../oci/manifest.ts';
import { parseEnvelope, payloadOf } from './dsse.ts';
import { bundleAnnotation, type LogEntry } from './log-entry.ts';
import type { ImageSignature } from './simple-signing.ts';
import { parseStatement } from './statement.ts';

/** Media types of the layers that hold signatures and attestations. */
export const AttachedMediaType = {
  signature: 'application/vnd.dev.cosign.simplesigning.v1+json',
  attestation: 'application/vnd.dsse.envelope.v1+json',
} as const;

/** Annotations on those layers. https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md */
export const Annotation = {
  signature: 'dev.cosignproject.cosign/signature',
  bundle: 'dev.sigstore.cosign/bundle',
  predicateType: 'predicateType',
} as const;

/** One blob to push. */
export interface AttachedBlob {
  readonly digest: Digest;
  readonly bytes: Buffer;
}

/** An artifact to push: the blobs first, then the manifest under the tag. */
export interface AttachedImage {
  readonly tag: string;
  readonly manifest: Manifest;
  /** Byte for byte what is to be pushed as OCI manifest. */
  readonly manifestBytes: Buffer;
  readonly config: ImageConfig;
  /** The new layers and the config; layers of the image that was added to are in the registry already. */
  readonly blobs: readonly AttachedBlob[];
}

/** What an artifact is added to, when the tag is there already. */
export type ExistingImage = Pick<AttachedImage, 'manifest' | 'config'>;

/** A signature, and the entry whose promise is to travel with it; without one a validator has to ask the log. */
export interface SignatureToAttach {
  readonly signature: ImageSignature;
  readonly entry?: LogEntry;
}

/** An attestation (DSSE envelope, byte for byte as logged), and the entry whose promise is to travel with it. */
export interface AttestationToAttach {
  readonly envelope: Buffer;
  readonly entry?: LogEntry;
}

/** Where cosign looks for signatures of a manifest. */
export function signatureTag(subject: Digest): string {
  return `sha256-${hexOf(subject)}.sig`;
}

/** Where cosign looks for attestations about a manifest. */
export function attestationTag(subject: Digest): string {
  return `sha256-${hexOf(subject)}.att`;
}

/** The artifact with the signatures of `subject`, after those that `existing` has. */
export function signatureImage(subject: Digest, signatures: readonly SignatureToAttach[], existing?: ExistingImage): AttachedImage {
  const layers = signatures.map(({ signature: { payload, signature }, entry }): Layer => {
    const annotations = { [Annotation.signature]: signature, ...bundled(entry) };
    return layerOf(payload, AttachedMediaType.signature, annotations);
  });
  return imageOf(signatureTag(subject), layers, existing);
}

/**
 * The artifact with the attestations about `subject`, after those that `existing` has.
 * @throws StampedeError ENVELOPE_MALFORMED
 */
export function attestationImage(subject: Digest, attestations: readonly AttestationToAttach[], existing?: ExistingImage): AttachedImage {
  const layers = attestations.map(({ envelope, entry }): Layer => {
    const { predicateType } = parseStatement(payloadOf(parseEnvelope(envelope)));
    const annotations = { [Annotation.signature]: '', [Annotation.predicateType]: predicateType, ...bundled(entry) };
    return layerOf(envelope, AttachedMediaType.attestation, annotations);
  });
  return imageOf(attestationTag(subject), layers, existing);
}

interface Layer {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

function bundled(entry: LogEntry | undefined): Readonly<Record<string, string>> {
  return entry === undefined ? {} : { [Annotation.bundle]: bundleAnnotation(entry) };
}

function layerOf(bytes: Buffer, mediaType: string, annotations: Readonly<Record<string, string>>): Layer {
  return { bytes, descriptor: { mediaType, size: bytes.length, digest: digestOf(bytes), annotations } };
}

function imageOf(tag: string, layers: readonly Layer[], existing: ExistingImage | undefined): AttachedImage {
  const diffIds = [...(existing?.config.rootfs.diff_ids ?? []), ...layers.map(({ bytes }) => diffIdOf(bytes))];
  const config: ImageConfig = {
    architecture: '',
    os: '',
    created: '0001-01-01T00:00:00Z',
    config: {},
    rootfs: { type: 'layers', diff_ids: diffIds },
  };
  const configBytes = Buffer.from(JSON.stringify(config));
  const configDigest = digestOf(configBytes);
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: { mediaType: MediaType.ociConfig, size: configBytes.length, digest: configDigest },
    layers: [...(existing?.manifest.layers ?? []), ...layers.map(({ descriptor }) => descriptor)],
  };
  const blobs = layers.map(({ descriptor: { digest }, bytes }) => ({ digest, bytes }));
  return { tag, manifest, manifestBytes: Buffer.from(JSON.stringify(manifest)), config, blobs: [...blobs, { digest: configDigest, bytes: configBytes }] };
}
