// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { damageEntries } from './damage.ts';

const entry = `sha256-${'a'.repeat(64)}`;
let cache: string;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'damage-test-'));
  mkdirSync(join(cache, 'below'));
  writeFileSync(join(cache, 'below', entry), 'abcde');
  writeFileSync(join(cache, 'index'), 'index');
});
afterEach(() => rmSync(cache, { recursive: true, force: true }));

it.each([
  ['flipped', 'abbde'],
  ['truncated', 'ab'],
  ['empty', ''],
  ['too-long', `abcde${'\0'.repeat(512)}`],
] as const)('an entry that is %s, and nothing but entries', async (how, content) => {
  damageEntries(cache, how);
  expect([readFileSync(join(cache, 'below', entry), 'latin1'), readFileSync(join(cache, 'index'), 'utf8')]).toEqual([content, 'index']);
});

it('an entry that is a folder', async () => {
  damageEntries(cache, 'folder');
  expect(statSync(join(cache, 'below', entry)).isDirectory()).toBe(true);
});

it('every file of a cache without entries, one that is empty included', async () => {
  rmSync(join(cache, 'below', entry));
  writeFileSync(join(cache, 'nothing'), '');
  damageEntries(cache, 'flipped');
  expect([readFileSync(join(cache, 'index'), 'utf8'), statSync(join(cache, 'nothing')).size]).toEqual(['ineex', 0]);
});
