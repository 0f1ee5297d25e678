// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { StampedeError } from '../../foundation/errors.ts';
import { isDigest, type Digest } from '../../oci/digest.ts';
import { parseReference } from '../../oci/reference.ts';
import { parseHostileJson } from '../../sigstore/hostile-json.ts';
import { mapConcurrently } from '../map-concurrently.ts';
import { registryAt, type Connection } from '../../oci/registry-at.ts';

const title = 'org.opencontainers.image.title';
const manifestSchema = z.object({
  layers: z.array(
    z.object({
      digest: z.custom<Digest>((text) => typeof text === 'string' && isDigest(text)),
      size: z.int().nonnegative(),
      annotations: z.record(z.string(), z.string()).nullish(),
    }),
  ),
});

/** Of one file. */
const mostBytes = 64 * 1024 * 1024;
const filesAtOnce = 4;

/**
 * Puts every layer of a policy bundle that has a title at that place below the folder, as `conftest pull` and `oras pull` do, and
 * returns the digest of the manifest. Every byte is what the manifest promises. https://www.conftest.dev/sharing/
 * @throws StampedeError REFERENCE_MALFORMED, MANIFEST_MALFORMED, DIGEST_MISMATCH, RESPONSE_TOO_LONG, REGISTRY_REFUSED, CONNECTION_FAILED
 */
export async function fetchBundle(text: string, folder: string, connection: Connection): Promise<Digest> {
  const { host, repository, tag, digest } = parseReference(text);
  const registry = await registryAt(host, connection);
  const found = await registry.getManifest(repository, digest ?? tag ?? 'latest');
  if (found === undefined) throw new StampedeError('REGISTRY_REFUSED', `no policy bundle at ${text}`);
  const { layers } = parseHostileJson(found.bytes, manifestSchema, { what: `the manifest of ${text}`, code: 'MANIFEST_MALFORMED' });
  const files = layers.flatMap((layer) => {
    const place = layer.annotations?.[title];
    return place === undefined ? [] : [{ ...layer, place: requirePlace(place, text) }];
  });
  await mapConcurrently(files, filesAtOnce, async ({ digest: promised, size, place }) => {
    const bytes = await registry.getBlobBytes(repository, promised, Math.min(size, mostBytes));
    const target = join(folder, place);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, bytes);
  });
  return found.digest;
}

/** A bundle comes from somebody else: nothing of it lands outside its folder. */
function requirePlace(place: string, text: string): string {
  const parts = place.split('/');
  if (!parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'))) return place;
  throw new StampedeError('MANIFEST_MALFORMED', `the manifest of ${text} puts a file at ${JSON.stringify(place)}, which is no place below a folder`);
}
