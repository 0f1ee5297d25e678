// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { contentOf, contextFiles } from './content.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'content-test-'));
  mkdirSync(join(folder, 'inside'));
  writeFileSync(join(folder, 'Containerfile'), 'FROM scratch\n');
  writeFileSync(join(folder, 'inside', 'run.sh'), 'true\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

const content = async (values = { BASE_IMAGE: 'base' }): Promise<string> => contentOf(await contextFiles(folder), values);

it('is the same for the same files and values, whatever their order', async () => {
  expect(await content()).toBe(await content());
  expect(contentOf([], { a: '1', b: '2' })).toBe(contentOf([], { b: '2', a: '1' }));
  expect((await contextFiles(folder)).map(({ path }) => path)).toEqual(['Containerfile', 'inside/run.sh']);
});

it.each<readonly [string, () => void]>([
  ['another byte', () => writeFileSync(join(folder, 'inside', 'run.sh'), 'tru\n')],
  ['another mode', () => chmodSync(join(folder, 'inside', 'run.sh'), 0o755)],
  ['another file', () => writeFileSync(join(folder, 'empty'), '')],
  ['another name', () => (rmSync(join(folder, 'inside', 'run.sh')), writeFileSync(join(folder, 'inside', 'go.sh'), 'true\n'))],
])('%s gives another', async (_what, change) => {
  const before = await content();
  change();
  expect(await content()).not.toBe(before);
});

it('another value gives another', async () => {
  expect(await content({ BASE_IMAGE: 'other' })).not.toBe(await content());
});
