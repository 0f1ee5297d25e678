// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../foundation/seed.ts';
import { toolOrSkip } from '../foundation/tools.ts';
import { buildImage } from '../oci/image.ts';
import { randomLayer } from '../oci/layer.ts';
import { createRegistryClient } from '../oci/registry-client.ts';
import { createTransport } from '../oci/transport.ts';
import { testRegistry } from './registry/test-registry.ts';

const run = promisify(execFile);
const skopeo = toolOrSkip('skopeo');

describe.skipIf(skopeo === undefined)('skopeo', { timeout: 30_000 }, () => {
  const { url } = testRegistry();
  let folder: string;
  let digest: string;
  const place = (name: string): string => `docker://${new URL(url()).host}/${name}`;
  const asked = async (...args: readonly string[]): Promise<string> => (await run(skopeo ?? '', ['--insecure-policy', ...args], { env: { HOME: folder, PATH: process.env['PATH'], XDG_RUNTIME_DIR: folder } })).stdout;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'skopeo-test-'));
    await using transport = createTransport();
    const layers = [await randomLayer(seededRandom('skopeo'), 50_000), await randomLayer(seededRandom('other'), 10)];
    digest = await createRegistryClient({ baseUrl: url(), transport }).pushImage('from/one', buildImage({ layers, format: 'oci' }), 'v1');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('inspects', async () => {
    expect(JSON.parse(await asked('inspect', '--tls-verify=false', place('from/one:v1')))).toMatchObject({ Digest: digest, RepoTags: ['v1'], Os: 'linux' });
  });

  it('copies to a folder and back, and within the registry, with the same digest', async () => {
    await asked('copy', '--src-tls-verify=false', '--preserve-digests', place('from/one:v1'), `oci:${folder}/layout:v1`);
    await asked('copy', '--dest-tls-verify=false', '--preserve-digests', `oci:${folder}/layout:v1`, place('to/two:v2'));
    await asked('copy', '--src-tls-verify=false', '--dest-tls-verify=false', '--preserve-digests', place('to/two:v2'), place('to/three:v3'));
    for (const name of ['to/two:v2', 'to/three:v3']) expect(JSON.parse(await asked('inspect', '--tls-verify=false', place(name)))).toMatchObject({ Digest: digest });
  });

  it('lists tags, deletes, and is told that it is gone', async () => {
    await asked('copy', '--src-tls-verify=false', '--dest-tls-verify=false', place('from/one:v1'), place('gone/one:v1'));
    expect(JSON.parse(await asked('list-tags', '--tls-verify=false', place('gone/one')))).toMatchObject({ Tags: ['v1'] });
    await asked('delete', '--tls-verify=false', place('gone/one:v1'));
    await expect(asked('inspect', '--tls-verify=false', place('gone/one:v1'))).rejects.toThrow(/manifest unknown|the repository has no manifest/);
  });
});
