// SPDX-License-Identifier: Apache-2.0
import type { RegistryTarget } from '../history/event.ts';

interface Route {
  readonly form: RegExp;
  readonly resource: RegistryTarget['resource'];
}

/** Names may hold slashes, so the fixed words are looked for from the end. */
const routes: readonly Route[] = [
  { form: /^\/v2\/?$/, resource: 'ping' },
  { form: /^\/v2\/_catalog$/, resource: 'catalog' },
  { form: /^\/v2\/(.+)\/manifests\/([^/]+)$/, resource: 'manifest' },
  { form: /^\/v2\/(.+)\/blobs\/uploads(?:\/.*)?$/, resource: 'upload' },
  { form: /^\/v2\/(.+)\/blobs\/([^/]+)$/, resource: 'blob' },
  { form: /^\/v2\/(.+)\/tags\/list$/, resource: 'tags' },
  { form: /^\/v2\/(.+)\/referrers\/([^/]+)$/, resource: 'referrers' },
];

/**
 * What a request path asks a registry for; query and unknown paths never fail.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints
 */
export function targetOf(path: string): RegistryTarget {
  const [plain = ''] = path.split('?');
  for (const { form, resource } of routes) {
    const found = form.exec(plain);
    if (found !== null) return { resource, repository: decoded(found[1]), reference: decoded(found[2]) };
  }
  return { resource: 'other', repository: undefined, reference: undefined };
}

function decoded(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
