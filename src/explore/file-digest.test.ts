// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { digestOf } from '../oci/digest.ts';
import { digestOfFile } from './file-digest.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'file-digest-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(content: string | Buffer): string {
  writeFileSync(join(folder, 'file'), content);
  return join(folder, 'file');
}

it('is that of the bytes, and of what differs from run to run by one name', async () => {
  const bytes = Buffer.from([0, 255, 13, 10]);
  expect(await digestOfFile(file(bytes))).toBe(digestOf(bytes));
  const one = await digestOfFile(file(`${'x'.repeat(64 * 1024 - 4)}127.0.0.1:4000 and`), ['127.0.0.1:4000']);
  expect(one).toBe(await digestOfFile(file(`${'x'.repeat(64 * 1024 - 4)}registry.local and`), ['registry.local']));
  expect(one).not.toBe(await digestOfFile(file(`${'x'.repeat(64 * 1024 - 4)}registry.local`), ['registry.local']));
});

it('holds no large file in memory', async () => {
  const path = file('');
  truncateSync(path, 600 * 1024 * 1024);
  const before = process.memoryUsage();
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().arrayBuffers - before.arrayBuffers)), 5);
  expect(await digestOfFile(path)).toMatch(/^sha256:[0-9a-f]{64}$/);
  clearInterval(watch);
  expect(most).toBeLessThan(200 * 1024 * 1024);
});

it('neither follows a link nor waits for a pipe', async () => {
  symlinkSync('/etc/passwd', join(folder, 'link'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  for (const name of ['link', 'pipe', 'nothing', '.']) expect(await digestOfFile(join(folder, name))).toBeUndefined();
});
