// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTransport } from '../oci/transport.ts';
import type { Launcher } from './service.ts';
import { serviceSuite } from './services.suite.ts';
import { startStage, type StartedStage } from './stage.ts';

/** What every launcher promises, and the services that it starts; each one's test calls this. */
export function launcherSuite(launcher: Launcher): void {
  describe(`launcher ${launcher.name}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'launcher-test-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    const start = async (name: string): Promise<StartedStage> => await startStage({ launcher, directory: join(folder, name) });

    describe('a stage', () => {
      let stage: StartedStage;
      beforeAll(async () => (stage = await start('shared')));
      afterAll(async () => void (await stage.stop()));

      it('every service answers, on loopback', async () => {
        expect(await statuses(stage)).toEqual([200, 200, 404, 200]);
        for (const { url } of stage.services) expect(new URL(url).hostname).toBe('127.0.0.1');
      });

      it('hands out the keys that clients have to trust', () => {
        expect(readFileSync(stage.addresses.rekorPublicKeyFile, 'utf8')).toContain('BEGIN PUBLIC KEY');
        expect(readFileSync(stage.addresses.gitCertificateFile, 'utf8')).toContain('BEGIN CERTIFICATE');
      });

      it('logs what it was asked', async () => {
        await statuses(stage);
        for (const service of stage.services) await expect.poll(() => service.logs().length, { timeout: 5000 }).toBeGreaterThan(0);
      });

      it('another one beside it is apart', async () => {
        await using other = await start('other');
        const ports = [...stage.services, ...other.services].map(({ url }) => new URL(url).port);
        expect(new Set(ports).size).toBe(ports.length);
      });

      serviceSuite(() => stage.addresses);
    });

    it('refuses connections once it is stopped, and keeps its logs', async () => {
      const stage = await start('stops');
      await statuses(stage);
      const stopped = await stage.stop();
      for (const { url } of stage.services) await expect(fetch(url)).rejects.toThrow();
      expect(stopped.map(({ name }) => name)).toEqual(stage.services.map(({ name }) => name));
      for (const service of stopped) expect(service.logs().length, service.name).toBeGreaterThan(0);
    });

    it('leaves no listener and no process behind', async () => {
      const before = busy();
      const stage = await start('leaves');
      expect(busy().length).toBeGreaterThan(before.length);
      await stage.stop();
      expect(busy()).toEqual(before);
    });
  });
}

/** Of registry, log, git host and policy API, in this order. */
async function statuses({ addresses }: StartedStage): Promise<readonly number[]> {
  await using transport = createTransport({ caPem: readFileSync(addresses.gitCertificateFile, 'utf8') });
  const urls = [`${addresses.registryUrl}/v2/`, `${addresses.rekorUrl}/api/v1/log`, `${addresses.gitUrl}/git/none.git/info/refs?service=git-upload-pack`, `${addresses.policyApiUrl}/apis`];
  return await Promise.all(
    urls.map(async (url) => {
      const response = await transport.request(url);
      await response.bytes();
      return response.status;
    }),
  );
}

/** Listeners and child processes; sockets of clients come and go by themselves. */
function busy(): readonly string[] {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap' || name === 'ProcessWrap').sort();
}
