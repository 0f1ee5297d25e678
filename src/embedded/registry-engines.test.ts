// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testEngine } from '../containers/test-engine.ts';
import { seededRandom } from '../foundation/seed.ts';
import { findTool } from '../foundation/tools.ts';
import { buildImage } from '../oci/image.ts';
import { randomLayer } from '../oci/layer.ts';
import { createRegistryClient } from '../oci/registry-client.ts';
import { createTransport } from '../oci/transport.ts';
import { testRegistry } from './registry/test-registry.ts';

const run = promisify(execFile);
const podman = findTool('podman');
const docker = findTool('docker');
const engine = docker === undefined ? undefined : await testEngine();

describe.each(['docker', 'oci'] as const)('an image in the format of %s', { timeout: 60_000 }, (format) => {
  const { url } = testRegistry();
  let folder: string;
  let digest: string;
  const name = (): string => `${new URL(url()).host}/engines/${format}:v1`;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pull-test-'));
    await using transport = createTransport();
    const layers = [await randomLayer(seededRandom('engines'), 50_000), await randomLayer(seededRandom('others'), 10)];
    digest = await createRegistryClient({ baseUrl: url(), transport }).pushImage(`engines/${format}`, buildImage({ layers, format }), 'v1');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.skipIf(podman === undefined)('is pulled by podman, pushed by it, and pulled again', async () => {
    const own = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--tmpdir', join(folder, 'tmp'), '--storage-driver', 'vfs'];
    const asked = async (...args: readonly string[]): Promise<string> => (await run(podman ?? '', [...own, ...args], { env: { HOME: folder, PATH: process.env['PATH'], XDG_RUNTIME_DIR: folder } })).stdout;
    await asked('pull', '--quiet', '--tls-verify=false', name());
    expect(JSON.parse(await asked('image', 'inspect', name()))).toMatchObject([{ Digest: digest }]);
    const pushed = `${new URL(url()).host}/engines/pushed:${format}`;
    await asked('push', '--quiet', '--tls-verify=false', name(), pushed);
    await asked('rmi', '--force', name());
    await asked('pull', '--quiet', '--tls-verify=false', pushed);
  });

  it.skipIf(engine === undefined)('is pulled by docker, pushed by it, and pulled again', async () => {
    const asked = async (...args: readonly string[]): Promise<string> => (await run(docker ?? '', [...args], { env: { HOME: folder, PATH: process.env['PATH'], DOCKER_HOST: process.env['DOCKER_HOST'] } })).stdout;
    const pushed = `${new URL(url()).host}/engines/pushed:${format}`;
    await asked('pull', '--quiet', name());
    try {
      expect(JSON.parse(await asked('image', 'inspect', name()))).toMatchObject([{ RepoDigests: [expect.stringContaining(digest)] }]);
      await asked('tag', name(), pushed);
      await asked('push', '--quiet', pushed);
      await asked('rmi', '--force', name(), pushed);
      await asked('pull', '--quiet', pushed);
    } finally {
      await asked('rmi', '--force', name(), pushed).catch(() => undefined);
    }
  });
});
