// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { copyWorkFolder } from './work-copy.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'work-copy-test-'));
  for (const name of ['.git', 'node_modules', 'runs', 'kept']) mkdirSync(join(folder, 'user', name), { recursive: true });
  writeFileSync(join(folder, 'user', 'kept', 'file'), '');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('has what the user has, but for history, dependencies and what is left out, and can be written to', async () => {
  const user = join(folder, 'user');
  chmodSync(user, 0o555);
  await copyWorkFolder({ folder: user, leftOut: [join(user, 'runs')] }, join(folder, 'work'));
  chmodSync(user, 0o755);
  expect((readdirSync(join(folder, 'work'), { recursive: true }) as string[]).sort()).toEqual(['kept', 'kept/file']);
  expect(statSync(join(folder, 'work')).mode & 0o777).toBe(0o755);
});
