// SPDX-License-Identifier: Apache-2.0
import { isTag } from '../../oci/reference.ts';
import { hasBlob } from './blobs.ts';
import { algorithmOf, contentDigestOf, isContentDigest, type ContentDigest } from './content-digest.ts';
import { replaceFile } from '../../foundation/replace-file.ts';
import { isThere, readIfThere, removeIfThere } from './files.ts';
import { parseManifest, type ManifestDocument } from './manifest-document.ts';
import type { Paths } from './paths.ts';
import { forgetReferrer, recordReferrer } from './referrers.ts';
import { readSmallBody, refusal, type Answer } from './respond.ts';
import type { Route } from './route.ts';
import { forgetTagsOf, readTag } from './tags.ts';

const mostManifestBytes = 4 * 1024 * 1024;

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests */
export const getManifest: Route = async ({ paths }, { repository, reference, request }) => {
  const digest = isContentDigest(reference) ? reference : readTag(paths, repository, reference);
  if (digest === undefined) return unknown(reference);
  const mediaType = readIfThere(paths.manifest(repository, digest));
  const body = mediaType === undefined ? undefined : readIfThere(paths.content(digest));
  if (mediaType === undefined || body === undefined) return unknown(reference);
  const headers = { 'content-type': mediaType.toString(), 'docker-content-digest': digest, etag: `"${digest}"` };
  return request.headers['if-none-match'] === headers.etag ? { status: 304, headers } : { status: 200, headers, body };
};

/**
 * What an image names must be in the repository already, as with the distribution registry; a subject need not be.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests
 */
export const putManifest: Route = async ({ paths }, { repository, reference, request }) => {
  const body = await readSmallBody(request, mostManifestBytes);
  if (body === undefined) return refusal(413, 'SIZE_INVALID', `a manifest may have ${mostManifestBytes} bytes`);
  const digest = contentDigestOf(isContentDigest(reference) ? algorithmOf(reference) : 'sha256', body);
  if (reference.includes(':') ? reference !== digest : !isTag(reference)) {
    return refusal(400, reference.includes(':') ? 'DIGEST_INVALID' : 'MANIFEST_INVALID', `can't be pushed as ${reference}`);
  }
  const document = parseManifest(body, request.headers['content-type']);
  if (typeof document === 'string') return refusal(400, 'MANIFEST_INVALID', document);
  const missing = firstMissing(paths, repository, document);
  if (missing !== undefined) return refusal(400, 'MANIFEST_BLOB_UNKNOWN', `the repository has no ${missing}`);
  replaceFile(paths.content(digest), body);
  replaceFile(paths.manifest(repository, digest), document.mediaType);
  recordReferrer(paths, repository, { document, digest, size: body.length });
  if (reference !== digest) replaceFile(paths.tag(repository, reference), digest);
  const location = `/v2/${repository}/manifests/${digest}`;
  const subject: Record<string, string> = document.subject === undefined ? {} : { 'oci-subject': document.subject };
  return { status: 201, headers: { location, 'docker-content-digest': digest, ...subject } };
};

/**
 * A tag goes alone; a manifest takes its tags with it.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#deleting-tags
 */
export const deleteManifest: Route = async ({ paths }, { repository, reference }) => {
  if (!isContentDigest(reference)) {
    const wasThere = isTag(reference) && (await removeIfThere(paths.tag(repository, reference)));
    return wasThere ? { status: 202 } : unknown(reference);
  }
  const mediaType = readIfThere(paths.manifest(repository, reference));
  const body = readIfThere(paths.content(reference));
  if (mediaType === undefined || body === undefined) return unknown(reference);
  const document = parseManifest(body, mediaType.toString());
  if (typeof document !== 'string') await forgetReferrer(paths, repository, { document, digest: reference });
  await forgetTagsOf(paths, repository, reference);
  await removeIfThere(paths.manifest(repository, reference));
  return { status: 202 };
};

function firstMissing(paths: Paths, repository: string, { blobs, manifests }: ManifestDocument): ContentDigest | undefined {
  for (const digest of blobs) if (!hasBlob(paths, repository, digest)) return digest;
  for (const digest of manifests) {
    if (!isThere(paths.manifest(repository, digest))) return digest;
  }
  return undefined;
}

function unknown(reference: string): Answer {
  return refusal(404, 'MANIFEST_UNKNOWN', `the repository has no manifest ${reference}`);
}
