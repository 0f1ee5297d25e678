// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { isDigest, type Digest } from '../oci/digest.ts';
import { parseHostileJson } from './hostile-json.ts';

/** The part of a registry client that reading attached artifacts takes. */
export interface ArtifactSource {
  /** Undefined when the tag is not there. */
  manifestBytes(repository: string, tag: string): Promise<Buffer | undefined>;
  /** The blob, checked against its digest. */
  blobBytes(repository: string, digest: Digest): Promise<Buffer>;
}

/** A signature or an attestation as it lies in the registry. */
export interface AttachedLayer {
  readonly bytes: Buffer;
  readonly annotations: Readonly<Record<string, string>>;
}

/** As many as cosign reads. */
const mostLayers = 1000;

const manifestSchema = z.object({
  layers: z
    .array(
      z.object({
        digest: z.custom<Digest>((text) => typeof text === 'string' && isDigest(text)),
        annotations: z.record(z.string(), z.string()).nullish(),
      }),
    )
    .max(mostLayers),
});

/**
 * The layers of the artifact under a tag, in order; none when the tag is not there.
 * @throws StampedeError MANIFEST_MALFORMED, and what the source throws
 */
export async function readAttached(source: ArtifactSource, repository: string, tag: string): Promise<readonly AttachedLayer[]> {
  const bytes = await source.manifestBytes(repository, tag);
  if (bytes === undefined) return [];
  const { layers } = parseHostileJson(bytes, manifestSchema, { what: `the manifest of ${repository}:${tag}`, code: 'MANIFEST_MALFORMED' });
  const read: AttachedLayer[] = [];
  for (const { digest, annotations } of layers) {
    read.push({ bytes: await source.blobBytes(repository, digest), annotations: annotations ?? {} });
  }
  return read;
}
