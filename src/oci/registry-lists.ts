// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';
import { hexOf, type Digest } from './digest.ts';
import type { Descriptor } from './manifest.ts';
import { ask, givenAddress, type RegistryConnection } from './registry-exchange.ts';
import { getManifest } from './registry-manifests.ts';
import type { TransportResponse } from './transport.ts';

const mostPages = 1000;
/** More than a scenario usually has: those of others are looked up for nothing. */
const repositoriesAtOnce = 6;

/** All tags of a repository, none for one that the registry does not know. https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags */
export async function listTags(connection: RegistryConnection, repository: string): Promise<readonly string[]> {
  return await allPages(connection, `/v2/${repository}/tags/list`, 'tags');
}

/**
 * All repositories, or those in a folder, in order. The others are not asked for, since there may be many. https://distribution.github.io/distribution/spec/api/#listing-repositories
 */
export async function listRepositories(connection: RegistryConnection, folder?: string): Promise<readonly string[]> {
  if (folder === undefined) return await allPages(connection, '/v2/_catalog', 'repositories');
  const within = `${folder}/`;
  // Before the folder, however the registry orders names: a name that ends where another goes on comes before it everywhere.
  const query = new URLSearchParams({ n: String(repositoriesAtOnce), last: folder.slice(0, -1) });
  const isBehind = (name: string): boolean => name > within && !name.startsWith(within);
  const names = await allPages(connection, `/v2/_catalog?${query.toString()}`, 'repositories', isBehind);
  return names.filter((name) => name.startsWith(within));
}

/**
 * What refers to a manifest, by the registry's referrers API or, where it has none, by the tag that stands in for it.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 */
export async function listReferrers(connection: RegistryConnection, repository: string, digest: Digest): Promise<readonly Descriptor[]> {
  const path = `/v2/${repository}/referrers/${digest}`;
  const response = await ask(connection, { path, expect: [200, 404] });
  const bytes = await response.bytes();
  if (response.status === 200) return listIn<Descriptor>(path, bytes, 'manifests');
  const tagged = await getManifest(connection, repository, `sha256-${hexOf(digest)}`);
  return tagged === undefined ? [] : listIn<Descriptor>(path, tagged.bytes, 'manifests');
}

/** Up to the page with the first that is said to be the end. */
async function allPages(connection: RegistryConnection, path: string, field: string, isEnd: (name: string) => boolean = () => false): Promise<readonly string[]> {
  const found: string[] = [];
  let next: string | undefined = path;
  for (let pages = 0; next !== undefined; pages += 1) {
    if (pages === mostPages) throw refused(path, `more than ${mostPages} pages`);
    const response: TransportResponse = await ask(connection, { path: next, expect: [200, 404] });
    const bytes = await response.bytes();
    if (response.status === 404) return found;
    const names = listIn<string>(path, bytes, field);
    found.push(...names);
    if (names.some(isEnd)) return found;
    next = nextPage(new URL(next, connection.baseUrl).href, response);
  }
  return found;
}

/** https://www.rfc-editor.org/rfc/rfc8288 */
function nextPage(current: string, { headers }: TransportResponse): string | undefined {
  const target = /<([^>]*)>\s*;\s*rel="?next"?/.exec(String(headers['link'] ?? ''))?.[1];
  return target === undefined ? undefined : givenAddress(target, current).href;
}

/** A list in a document; `null` counts as empty, as Go programs write it. */
function listIn<T>(path: string, bytes: Buffer, field: string): readonly T[] {
  let list: unknown;
  try {
    list = (JSON.parse(bytes.toString('utf8')) as Record<string, unknown>)[field] ?? [];
  } catch (cause) {
    throw refused(path, 'not JSON', cause);
  }
  if (!Array.isArray(list)) throw refused(path, `no list of ${field}`);
  return list as T[];
}

function refused(path: string, reason: string, cause?: unknown): StampedeError {
  return new StampedeError('REGISTRY_REFUSED', `GET ${path}: ${reason}`, { cause });
}
