// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { isTag } from '../../oci/reference.ts';
import { isContentDigest, type ContentDigest } from './content-digest.ts';
import { foldersIn, namesIn, readIfThere, removeIfThere } from './files.ts';
import type { Paths } from './paths.ts';
import { json, refusal, type Answer } from './respond.ts';
import type { Route } from './route.ts';

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags */
export const listTags: Route = ({ paths }, { repository, query }) => {
  if (namesIn(paths.manifests(repository)) === undefined) return refusal(404, 'NAME_UNKNOWN', `no repository ${repository}`);
  const tags = namesIn(paths.tags(repository)) ?? [];
  return page(tags, query, { path: `/v2/${repository}/tags/list`, document: (some) => ({ name: repository, tags: some }) });
};

/** https://distribution.github.io/distribution/spec/api/#listing-repositories */
export const listRepositories: Route = ({ paths }, { query }) => {
  const names: string[] = [];
  const most = Number(query.get('n') ?? Infinity);
  for (const name of repositoriesAfter(query.get('last') ?? '', paths.repositories)) {
    names.push(name);
    // One more than is asked for tells that there are more.
    if (names.length > most) break;
  }
  return page(names, query, { path: '/v2/_catalog', document: (some) => ({ repositories: some }) });
};

/** The digest that a tag names, undefined also for what can't be a tag. */
export function readTag(paths: Paths, repository: string, tag: string): ContentDigest | undefined {
  const digest = isTag(tag) ? readIfThere(paths.tag(repository, tag))?.toString() : undefined;
  return digest !== undefined && isContentDigest(digest) ? digest : undefined;
}

/** Removes all tags that name the manifest. */
export async function forgetTagsOf(paths: Paths, repository: string, digest: ContentDigest): Promise<void> {
  for (const tag of namesIn(paths.tags(repository)) ?? []) {
    if (readTag(paths, repository, tag) === digest) await removeIfThere(paths.tag(repository, tag));
  }
}

/** Every folder that has had a manifest, by its path, in code-unit order, after `last`. What comes before it, and what nobody asks for, is not looked at. */
function* repositoriesAfter(last: string, folder: string, { name, folders }: Below = { name: '', folders: foldersIn(folder) }): Generator<string> {
  // A name comes before all that lie in it, but other names may come between: `a`, `a-b`, `a/b`.
  const parts = folders.filter((entry) => !entry.startsWith('_')).flatMap((entry) => ['', '/'].map((end) => ({ entry, isFolder: end === '/', path: `${name}${entry}${end}` })));
  const seen = new Map<string, readonly string[]>();
  const inside = (entry: string): readonly string[] => {
    const found = seen.get(entry) ?? foldersIn(join(folder, entry));
    seen.set(entry, found);
    return found;
  };
  for (const { entry, isFolder, path } of parts.sort((one, other) => (one.path < other.path ? -1 : 1))) {
    if (isFolder && (path > last || last.startsWith(path))) yield* repositoriesAfter(last, join(folder, entry), { name: path, folders: inside(entry) });
    if (!isFolder && path > last && inside(entry).includes('_manifests')) yield path;
  }
}

interface Below {
  /** Ends with a slash, or is empty. */
  readonly name: string;
  readonly folders: readonly string[];
}

interface Listing {
  readonly path: string;
  readonly document: (names: readonly string[]) => unknown;
}

/** At most `n` of the sorted names after `last`, with a link to the rest. */
function page(names: readonly string[], query: URLSearchParams, { path, document }: Listing): Answer {
  const last = query.get('last');
  const asked = query.get('n');
  if (asked !== null && !/^\d{1,9}$/.test(asked)) return refusal(400, 'PAGINATION_NUMBER_INVALID', 'n is not a whole number');
  const rest = last === null ? names : names.filter((name) => name > last);
  const some = asked === null ? rest : rest.slice(0, Number(asked));
  const end = some.at(-1);
  if (end === undefined || some.length === rest.length) return json(document(some));
  const next = new URLSearchParams({ n: String(asked), last: end });
  return json(document(some), { link: `<${path}?${next.toString()}>; rel="next"` });
}
