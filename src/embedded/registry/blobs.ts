// SPDX-License-Identifier: Apache-2.0
import { appendFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { isContentDigest, type ContentDigest } from './content-digest.ts';
import { makingFolders } from '../../foundation/replace-file.ts';
import { isThere, orIfMissing, removeIfThere } from './files.ts';
import type { Paths } from './paths.ts';
import { refusal, type Answer } from './respond.ts';
import type { Route } from './route.ts';

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-blobs */
export const getBlob: Route = async ({ paths }, { repository, reference, request }) => {
  if (!isContentDigest(reference)) return invalid(reference);
  if (!hasBlob(paths, repository, reference)) return unknown(reference);
  const headers = { 'docker-content-digest': reference, etag: `"${reference}"`, 'accept-ranges': 'bytes' };
  if (request.headers['if-none-match'] === headers.etag) return { status: 304, headers };
  const handle = await orIfMissing(open(paths.content(reference)), undefined);
  if (handle === undefined) return unknown(reference);
  const { size } = await handle.stat();
  const range = parseRange(request.headers.range, size);
  if (range === 'unsatisfiable') {
    await handle.close();
    return refusal(416, 'RANGE_INVALID', `the blob has ${size} bytes`, { 'content-range': `bytes */${size}` });
  }
  const typed = { ...headers, 'content-type': 'application/octet-stream' };
  if (range === undefined) return { status: 200, headers: typed, body: { handle, start: 0, length: size } };
  const contentRange = `bytes ${range.start}-${range.start + range.length - 1}/${size}`;
  return { status: 206, headers: { ...typed, 'content-range': contentRange }, body: { handle, ...range } };
};

/**
 * The repository forgets the blob; its content stays for other repositories.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#deleting-blobs
 */
export const deleteBlob: Route = async ({ paths }, { repository, reference }) => {
  if (!isContentDigest(reference)) return invalid(reference);
  return (await removeIfThere(paths.blob(repository, reference))) ? { status: 202 } : unknown(reference);
};

/** True when the repository has the blob: content that only others have does not count. */
export function hasBlob(paths: Paths, repository: string, digest: ContentDigest): boolean {
  return isThere(paths.blob(repository, digest));
}

/** From now on the repository has the blob; its content must lie there already. */
export function linkBlob(paths: Paths, repository: string, digest: ContentDigest): Answer {
  const path = paths.blob(repository, digest);
  makingFolders(path, () => appendFileSync(path, ''));
  return { status: 201, headers: { location: `/v2/${repository}/blobs/${digest}`, 'docker-content-digest': digest } };
}

function invalid(reference: string): Answer {
  return refusal(400, 'DIGEST_INVALID', `not a sha256 or sha512 digest: ${reference}`);
}

function unknown(digest: ContentDigest): Answer {
  return refusal(404, 'BLOB_UNKNOWN', `the repository has no blob ${digest}`);
}

/**
 * One range of bytes; what is malformed, several ranges included, counts as absent.
 * https://www.rfc-editor.org/rfc/rfc9110#section-14.2
 */
function parseRange(header: string | undefined, size: number): { start: number; length: number } | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  const start = first === '' ? Math.max(size - Number(last), 0) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(Number(last) + 1, size);
  return start < end ? { start, length: end - start } : 'unsatisfiable';
}
