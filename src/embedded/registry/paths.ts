// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { contentHexOf, type ContentDigest } from './content-digest.ts';

/**
 * Where things lie. Content is kept once, by digest; a repository has small files that say what of it is its own:
 *
 *     blobs/HEX                                content, whole and verified
 *     repositories/NAME/_blobs/HEX             empty: the repository has this blob
 *     repositories/NAME/_manifests/HEX         media type of a manifest that it has
 *     repositories/NAME/_tags/TAG              digest
 *     repositories/NAME/_referrers/HEX/HEX     descriptor of a manifest (second) with a subject (first)
 *
 * Names must have been checked before: no part of a repository's name starts with `_`. Tags that differ in case only
 * need a file system that tells them apart.
 */
export interface Paths {
  readonly repositories: string;
  content(digest: ContentDigest): string;
  blob(repository: string, digest: ContentDigest): string;
  manifests(repository: string): string;
  manifest(repository: string, digest: ContentDigest): string;
  tags(repository: string): string;
  tag(repository: string, tag: string): string;
  referrers(repository: string, subject: ContentDigest): string;
  referrer(repository: string, subject: ContentDigest, digest: ContentDigest): string;
}

export function pathsIn(directory: string): Paths {
  const repositories = join(directory, 'repositories');
  const inRepository = (repository: string, ...parts: string[]): string => join(repositories, ...repository.split('/'), ...parts);
  return {
    repositories,
    content: (digest) => join(directory, 'blobs', contentHexOf(digest)),
    blob: (repository, digest) => inRepository(repository, '_blobs', contentHexOf(digest)),
    manifests: (repository) => inRepository(repository, '_manifests'),
    manifest: (repository, digest) => inRepository(repository, '_manifests', contentHexOf(digest)),
    tags: (repository) => inRepository(repository, '_tags'),
    tag: (repository, tag) => inRepository(repository, '_tags', tag),
    referrers: (repository, subject) => inRepository(repository, '_referrers', contentHexOf(subject)),
    referrer: (repository, subject, digest) => inRepository(repository, '_referrers', contentHexOf(subject), contentHexOf(digest)),
  };
}
