// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildReference, type ReferenceVariant } from './reference-build.ts';

const run = promisify(execFile);
let folder: string;
let outFile: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reference-build-test-'));
  outFile = join(folder, 'deep', 'validator.mjs');
});

afterEach(async () => await rm(folder, { recursive: true }));

describe('buildReference', () => {
  it('makes one executable file that needs nothing around it', async () => {
    expect(await buildReference({ outFile })).toBe(outFile);
    const { stdout } = await run(outFile, ['version'], { cwd: folder, env: { PATH: process.env['PATH'] } });
    expect(stdout).toMatch(/^Version +\d+\.\d+\.\d+\n$/);
  });

  it('builds only when the file there is of other sources', async () => {
    await buildReference({ outFile });
    const { ino } = await stat(outFile);
    await buildReference({ outFile });
    expect((await stat(outFile)).ino).toBe(ino);
    const built = await readFile(outFile, 'utf8');
    await writeFile(outFile, built.replace(/sources sha256:./, 'sources sha256:x'));
    await buildReference({ outFile });
    expect(await readFile(outFile, 'utf8')).toBe(built);
  });

  it('can be called many times at once, and leaves one file', async () => {
    await Promise.all(Array.from({ length: 4 }, async () => await buildReference({ outFile })));
    expect(await readdir(join(folder, 'deep'))).toEqual(['validator.mjs']);
    await run(outFile, ['version']);
  });

  it('puts planted bugs into test builds alone, and refuses one elsewhere before anything is read', async () => {
    const refusal = async (variant: ReferenceVariant, bug: string): Promise<unknown> => {
      const program = await buildReference({ outFile: join(folder, `${variant}.mjs`), variant });
      const env = { PATH: process.env['PATH'], STAMPEDE_PLANTED_BUG: bug };
      return await run(program, ['validate', 'image', '--image', 'none', '--policy', '{}'], { env }).catch((error: unknown) => error);
    };
    expect(await refusal('release', 'in-place-write')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('release build') as string });
    expect(await refusal('test', 'unheard-of')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('no planted bug is named "unheard-of"') as string });
    expect(await readFile(join(folder, 'release.mjs'), 'utf8')).not.toContain('in-place-write');
    expect(await readFile(join(folder, 'test.mjs'), 'utf8')).toContain('in-place-write');
  });
});
