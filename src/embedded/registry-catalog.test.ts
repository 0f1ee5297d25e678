// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRegistryClient } from '../oci/registry-client.ts';
import { createTransport } from '../oci/transport.ts';
import { startRegistry } from './registry.ts';

const part = fc.stringMatching(/^[ab0](?:[-.]?[ab0])?$/);
const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const emptyIndex = Buffer.from('{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}');

it('the catalog has every repository once, in order, page by page, and whoever asks for a folder gets those in it', { timeout: 60_000 }, async () => {
  await fc.assert(fc.asyncProperty(fc.uniqueArray(name, { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), async (names, atOnce) => {
    const directory = await mkdtemp(join(tmpdir(), 'catalog-test-'));
    await using server = await startRegistry({ directory });
    await using transport = createTransport();
    const client = createRegistryClient({ baseUrl: server.url, transport });
    for (const each of names) await client.putManifest(each, 'latest', emptyIndex, 'application/vnd.oci.image.index.v1+json');
    const sorted = [...names].sort();
    expect(await client.catalog()).toEqual(sorted);
    expect(await paged(server.url, atOnce)).toEqual(sorted);
    for (const folder of new Set(names.flatMap((each) => [each, each.split('/')[0] ?? '']))) {
      expect(await client.catalog(folder)).toEqual(sorted.filter((each) => each.startsWith(`${folder}/`)));
    }
    await rm(directory, { recursive: true });
  }), { numRuns: 40 });
});

/** As a client that asks for so many at once. */
async function paged(url: string, atOnce: number): Promise<readonly string[]> {
  const found: string[] = [];
  let next: string | undefined = `/v2/_catalog?n=${atOnce}`;
  while (next !== undefined) {
    const response: Response = await fetch(new URL(next, url));
    const { repositories } = (await response.json()) as { repositories: string[] };
    expect(repositories.length).toBeLessThanOrEqual(atOnce);
    found.push(...repositories);
    next = /<([^>]*)>/.exec(response.headers.get('link') ?? '')?.[1];
  }
  return found;
}
