// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { registryEnvironment } from '../config.ts';
import { describeError, StampedeError } from '../foundation/errors.ts';
import { bundleAddress, bundleTag, isBundleAddress, pullBundle, pushBundle } from '../nightly/bundle-artifact.ts';
import { bundleName, writeBundle } from '../nightly/bundle.ts';
import type { ShardRecord } from '../nightly/record.ts';
import type { NightStore } from '../nightly/store.ts';
import { registryAt, trustedBy } from '../oci/registry-at.ts';
import { pinnedReference } from '../oci/reference.ts';
import type { RegistryClient } from '../oci/registry-client.ts';
import { createTransport } from '../oci/transport.ts';

/** Does something at a registry, as whom `docker login` knows there: https, or plain http where Go's clients would speak it. */
async function at<T>(host: string, action: (client: RegistryClient) => Promise<T>): Promise<T> {
  const environment = registryEnvironment();
  await using transport = createTransport({ environment, userAgent: 'stampede', ...trustedBy(environment) });
  return await action(await registryAt(host, { transport, insecure: false, environment }));
}

/**
 * Before a night begins: that its bundle will have a place. A password that is wrong is told now, and not in the morning.
 * @throws StampedeError CONFIG_INVALID, REGISTRY_REFUSED, CONNECTION_FAILED
 */
export async function requireRegistry(bundle: string | undefined): Promise<void> {
  if (bundle === undefined || !isBundleAddress(bundle)) return;
  const { host, digest } = bundleAddress(bundle);
  if (digest !== undefined) throw new StampedeError('CONFIG_INVALID', `--bundle ${bundle} names a digest, which nobody knows before`, { hint: 'give a tag, or nothing' });
  await at(host, async (client) => await client.ping());
}

/**
 * @throws StampedeError CONFIG_INVALID for what names no bundle in a registry, before anything is read
 */
export function requireAddresses(bundles: readonly string[]): void {
  for (const bundle of bundles.filter(isBundleAddress)) {
    const { tag, digest } = bundleAddress(bundle);
    if (tag === undefined && digest === undefined) throw new StampedeError('CONFIG_INVALID', `${bundle} names a repository and none of its bundles`, { hint: 'as the shard has printed it: with a tag, or @sha256:...' });
  }
}

/**
 * Leaves all of a night at its end in one file, and in a registry where that was asked for; says where. A registry that fails then takes nothing away: the file is in the
 * store. Returns whether all of it is where it was wanted.
 */
export async function leaveBundle(store: NightStore, night: string, { bundle, shard }: { readonly bundle: string | undefined; readonly shard: Pick<ShardRecord, 'index' | 'count'> | undefined }): Promise<boolean> {
  const part = shard ?? { index: 1, count: 1 };
  const isPushed = bundle !== undefined && isBundleAddress(bundle);
  const inStore = join(store.folder, bundleName(night, part));
  const file = isPushed || bundle === undefined ? (isPushed || shard !== undefined ? inStore : undefined) : bundle;
  if (file === undefined) return true;
  await writeBundle(store, night, file);
  process.stdout.write(`bundle ${file}\n`);
  const record = store.night(night);
  if (!isPushed || record === undefined) return true;
  const reference = bundleAddress(bundle);
  try {
    const tag = reference.tag ?? bundleTag(night, part);
    const digest = await at(reference.host, async (client) => await pushBundle({ client, repository: reference.repository, tag, file, name: bundleName(night, part), night: record }));
    process.stdout.write(`bundle oci://${pinnedReference({ ...reference, repository: `${reference.repository}:${tag}` }, digest)}\n`);
    return true;
  } catch (error) {
    process.stderr.write(`${describeError(error)}\n  the bundle was not pushed to ${bundle}; it lies in ${file}\n`);
    return false;
  }
}

/** Fetches what lies in a registry; for `mergeBundles`. */
export async function fetchBundle(address: string, file: string): Promise<void> {
  const reference = bundleAddress(address);
  await at(reference.host, async (client) => await pullBundle(client, reference, file));
}
