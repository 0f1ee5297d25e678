// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { hasCode, StampedeError } from '../foundation/errors.ts';
import { bootstrapInto } from './base-image.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'base-test-'));
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH'] ?? ''}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

async function mmdebstrap(script: string): Promise<void> {
  await writeFile(join(folder, 'mmdebstrap'), `#!/bin/sh\ncd ${folder}\n${script}\n`);
  await chmod(join(folder, 'mmdebstrap'), 0o755);
}

const all = async (tar: Readable): Promise<void> => void (await once(tar.resume(), 'end'));
const failure = async (take: (tar: Readable) => Promise<void>): Promise<unknown> => await bootstrapInto(take).then(() => undefined, (error: unknown) => error);

it('ends when its output is not taken any more, sends its SIGHUP to nobody else, and is given the time to clean up', async () => {
  // As the real one: whoever shares its group is hit, and its folder is gone only once it ends by itself.
  await mmdebstrap("touch left\ntrap : TERM\ntrap '' HUP\ncat /dev/zero 2>/dev/null\nkill -HUP 0\ntrap '' TERM\nsleep 1\nrm left\nexit 1");
  const full = new StampedeError('DISK_FULL', 'no room');
  const error = await failure(async (tar) => {
    await once(tar, 'readable');
    throw full;
  });
  expect(error).toBe(full);
  expect(existsSync(join(folder, 'left'))).toBe(false);
});

it('a disk that is full where it works is told as such', async () => {
  await mmdebstrap('echo "E: You don\'t have enough free space in /var/cache/apt/archives/." >&2\nexit 25');
  const error = await failure(all);
  expect(hasCode(error, 'DISK_FULL')).toBe(true);
  expect((error as StampedeError).hint).toContain('TMPDIR');
});

it('what it says goes before what the engine makes of half a base', async () => {
  await mmdebstrap('echo half\necho "E: apt-get update failed" >&2\nexit 25');
  const error = await failure(async (tar) => {
    await all(tar);
    throw new StampedeError('IMAGE_NOT_BUILT', 'unexpected EOF');
  });
  expect(String((error as Error).message)).toContain('apt-get update failed');
});

it('one that a signal ended made no base, whatever was taken', async () => {
  await mmdebstrap('kill -KILL $$');
  expect(hasCode(await failure(all), 'IMAGE_NOT_BUILT')).toBe(true);
});

it('its whole output is a base', async () => {
  await mmdebstrap('echo all');
  expect(await failure(all)).toBeUndefined();
});

it('without it one is told where it comes from', async () => {
  vi.stubEnv('PATH', folder);
  const error = await failure(all);
  expect(hasCode(error, 'TOOL_MISSING')).toBe(true);
});
