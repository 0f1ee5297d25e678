// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readComponents } from './components.ts';

const two = {
  components: [
    { name: 'A', containerImage: 'h/a:1', source: { git: { url: 'u' } } },
    { name: 'B', containerImage: 'h/a:1' },
    { name: '', containerImage: 'h/b:1' },
  ],
};
const merged = [
  { name: 'A', containerImage: 'h/a:1', source: { git: { url: 'u' } } },
  { name: 'Unnamed', containerImage: 'h/b:1', source: {} },
];

describe('readComponents', () => {
  it('merges components by their reference, inline, by file, and in a snapshot', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'components-test-'));
    const file = join(folder, 'images.json');
    await writeFile(file, JSON.stringify({ spec: two }));
    expect(await readComponents(undefined, JSON.stringify(two))).toEqual(merged);
    expect(await readComponents(undefined, file)).toEqual(merged);
    await rm(folder, { recursive: true });
  });

  it('names a single image Unnamed', async () => {
    expect(await readComponents('h/c', undefined)).toEqual([{ name: 'Unnamed', containerImage: 'h/c', source: {} }]);
  });

  it.each([
    [undefined, undefined],
    [undefined, '{}'],
    [undefined, '{"components": [{"name": "A"}]}'],
    [undefined, '{"components": ["A"]}'],
    [undefined, '/nowhere/at/all'],
  ])('refuses image %j and images %j', async (image, images) => {
    await expect(readComponents(image, images)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
