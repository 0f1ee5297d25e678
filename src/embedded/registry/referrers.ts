// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { MediaType } from '../../oci/manifest.ts';
import { isContentDigest, type ContentDigest } from './content-digest.ts';
import { replaceFile } from '../../foundation/replace-file.ts';
import { namesIn, readIfThere, removeIfThere } from './files.ts';
import type { ManifestDocument } from './manifest-document.ts';
import type { Paths } from './paths.ts';
import { json, refusal } from './respond.ts';
import type { Route } from './route.ts';

interface Referrer {
  readonly document: ManifestDocument;
  readonly digest: ContentDigest;
}

/**
 * Always an index, empty for what nothing refers to, the subject itself being unknown included.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 */
export const listReferrers: Route = ({ paths }, { repository, reference, query }) => {
  if (!isContentDigest(reference)) return refusal(400, 'DIGEST_INVALID', `not a sha256 or sha512 digest: ${reference}`);
  const folder = paths.referrers(repository, reference);
  const files = (namesIn(folder) ?? []).map((name) => readIfThere(join(folder, name)));
  const descriptors = files.flatMap((file) => (file === undefined ? [] : [JSON.parse(file.toString()) as { artifactType?: string }]));
  const wanted = query.get('artifactType');
  const manifests = wanted === null ? descriptors : descriptors.filter(({ artifactType }) => artifactType === wanted);
  const filtered: Record<string, string> = wanted === null ? {} : { 'oci-filters-applied': 'artifactType' };
  const index = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests };
  return json(index, { 'content-type': MediaType.ociIndex, ...filtered });
};

/** Lists the manifest with its subject, if it has one. */
export function recordReferrer(paths: Paths, repository: string, { document, digest, size }: Referrer & { size: number }): void {
  const { subject, mediaType, artifactType, annotations } = document;
  if (subject === undefined) return;
  const descriptor = { mediaType, digest, size, artifactType, annotations };
  replaceFile(paths.referrer(repository, subject, digest), JSON.stringify(descriptor));
}

export async function forgetReferrer(paths: Paths, repository: string, { document, digest }: Referrer): Promise<void> {
  if (document.subject !== undefined) await removeIfThere(paths.referrer(repository, document.subject, digest));
}
