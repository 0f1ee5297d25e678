// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embeddedLauncher } from './embedded-launcher.ts';
import { externalLauncher, type ExternalAddresses } from './external-launcher.ts';
import { serviceSuite } from './services.suite.ts';
import { startStage, type StartedStage } from './stage.ts';

let folder: string;
let running: StartedStage;
let addresses: ExternalAddresses;
let stage: StartedStage;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'external-test-'));
  running = await startStage({ launcher: embeddedLauncher, directory: join(folder, 'running') });
  const { registryUrl, rekorUrl, gitUrl, gitCertificateFile } = running.addresses;
  addresses = { registryUrl: `${registryUrl}/`, rekorUrl, gitUrl, gitCertificate: gitCertificateFile };
  stage = await startStage({ launcher: externalLauncher(addresses), directory: join(folder, 'external') });
});
afterAll(async () => {
  await stage.stop();
  await running.stop();
  await rm(folder, { recursive: true });
});

describe('services that run already', () => {
  serviceSuite(() => stage.addresses);

  it('are left running', async () => {
    const other = await startStage({ launcher: externalLauncher(addresses), directory: join(folder, 'other') });
    await other.stop();
    expect((await fetch(`${running.addresses.registryUrl}/v2/`)).status).toBe(200);
  });

  it.each(['registryUrl', 'rekorUrl', 'gitUrl'] as const)('%s must be on loopback', (name) => {
    for (const url of ['http://192.0.2.1:5000', 'http://registry.example', 'nothing']) {
      expect(() => externalLauncher({ ...addresses, [name]: url })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error);
    }
  });

  it.each([
    ['a port where nobody listens', { registryUrl: 'http://127.0.0.1:1' }],
    ['another service', { registryUrl: 'rekor' }],
    ['a certificate that is not the git host’s', { gitCertificate: 'rekor key' }],
    ['a certificate that is not there', { gitCertificate: '/none.pem' }],
  ])('%s is a start that fails', async (_what, given) => {
    const wrong = { ...addresses, ...given };
    if (wrong.registryUrl === 'rekor') wrong.registryUrl = addresses.rekorUrl;
    if (wrong.gitCertificate === 'rekor key') wrong.gitCertificate = stage.addresses.rekorPublicKeyFile;
    await expect(startStage({ launcher: externalLauncher(wrong), directory: join(folder, 'wrong') })).rejects.toMatchObject({ code: 'SERVICE_START_FAILED' });
  });
});
