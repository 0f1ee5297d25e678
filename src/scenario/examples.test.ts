// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasCode } from '../foundation/errors.ts';
import { readExamples } from './examples.ts';

let root: string;
let folder: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'examples-test-'));
  folder = join(root, 'samples');
  await mkdir(join(folder, 'deep', 'examples'), { recursive: true });
  await writeFile(join(folder, 'policy.rego'), 'package main');
  await writeFile(join(folder, 'policy.wasm'), Buffer.from([0, 97, 115, 109, 255]));
  await writeFile(join(folder, 'policy.annotations.json'), '[]');
  await writeFile(join(folder, 'source-only.rego'), 'package other');
  await writeFile(join(folder, 'data.json'), '{}');
  await writeFile(join(folder, 'deep', 'data.yaml'), 'a: 1');
  await writeFile(join(root, 'secret.txt'), 'not yours');
  await mkdir(join(root, 'samples-of-others'));
  await writeFile(join(root, 'samples-of-others', 'secret.txt'), 'not yours');
});

afterAll(async () => await rm(root, { recursive: true }));

const pathsOf = async (source: string, target: string): Promise<string[]> => (await readExamples(folder, [{ target, source }])).map(({ path }) => path);

describe('readExamples', () => {
  it('gives each row its file, byte for byte, under the target', async () => {
    const files = await readExamples(folder, [
      { target: 'a/b.json', source: 'data.json' },
      { target: 'policy.bin', source: 'policy.wasm' },
    ]);
    expect(files).toEqual([
      { path: 'a/b.json', content: Buffer.from('{}') },
      { path: 'policy.bin', content: Buffer.from([0, 97, 115, 109, 255]) },
    ]);
  });

  it('knows the folder as examples/, whatever its name', async () => {
    expect(await pathsOf('examples/deep/data.yaml', 'x')).toEqual(['x']);
    expect(await pathsOf('deep/data.yaml', 'x')).toEqual(['x']);
  });

  it('brings compiled forms of a policy along, under the name of the target', async () => {
    expect(await pathsOf('examples/policy.rego', 'policy/main.rego')).toEqual(['policy/main.rego', 'policy/main.wasm', 'policy/main.annotations.json']);
    expect(await pathsOf('examples/policy.rego', 'main')).toEqual(['main', 'main.wasm', 'main.annotations.json']);
    const [, wasm] = await readExamples(folder, [{ target: 'main.rego', source: 'policy.rego' }]);
    expect(wasm?.content).toEqual(Buffer.from([0, 97, 115, 109, 255]));
  });

  it('brings none along that is not there, and none for other files', async () => {
    expect(await pathsOf('source-only.rego', 'main.rego')).toEqual(['main.rego']);
    expect(await pathsOf('data.json', 'main.json')).toEqual(['main.json']);
  });

  it('gives nothing for no rows', async () => {
    expect(await readExamples(folder, [])).toEqual([]);
  });

  it.each(['nothing.rego', 'deep', 'data.json/inside', '', '../secret.txt', 'examples/../../secret.txt', 'deep/../../secret.txt', '../samples-of-others/secret.txt', '/etc/passwd'])(
    'has no example %j',
    async (source) => {
      const error: unknown = await pathsOf(source, 'main.rego').catch((thrown: unknown) => thrown);
      if (!hasCode(error, 'EXAMPLE_MISSING')) throw error;
      expect(error.message).toContain('main.rego');
      expect(error.hint).toContain(folder);
      expect(error.hint).toContain('--examples');
    },
  );
});
