// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { isDigest, type Digest } from '../oci/digest.ts';
import type { RegistryClient } from '../oci/registry-client.ts';
import { parseHostileJson } from './hostile-json.ts';

/** The part of a registry client that reading attached artifacts takes. */
export type ArtifactSource = Pick<RegistryClient, 'getManifest' | 'getBlobBytes'>;

/** A signature or an attestation as it lies in the registry. */
export interface AttachedLayer {
  /** Fetched when it is called, so that one layer at a time is in memory. */
  readonly bytes: () => Promise<Buffer>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** As many as cosign reads. */
const mostLayers = 1000;
const mostBytes = 16 * 1024 * 1024;

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
  const manifest = await source.getManifest(repository, tag);
  if (manifest === undefined) return [];
  const kind = { what: `the manifest of ${repository}:${tag}`, code: 'MANIFEST_MALFORMED' } as const;
  return parseHostileJson(manifest.bytes, manifestSchema, kind).layers.map(({ digest, annotations }) => ({
    bytes: async () => await source.getBlobBytes(repository, digest, mostBytes),
    annotations: annotations ?? {},
  }));
}
