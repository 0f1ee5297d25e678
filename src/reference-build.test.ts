// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { wallClock } from './foundation/clock.ts';
import { buildReference, type ReferenceVariant } from './reference-build.ts';

const run = promisify(execFile);
let folder: string;
let outFile: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reference-build-test-'));
  outFile = join(folder, 'deep', 'validator.cjs');
});

afterEach(async () => await rm(folder, { recursive: true }));

describe('buildReference', () => {
  it('makes an executable file that needs nothing but what lies beside it', async () => {
    expect(await buildReference({ outFile })).toBe(outFile);
    const { stdout } = await run(outFile, ['version'], { cwd: folder, env: { PATH: process.env['PATH'] } });
    expect(stdout).toMatch(/^Version +\d+\.\d+\.\d+\n$/);
    const elsewhere = join(folder, 'elsewhere');
    await rename(join(folder, 'deep'), elsewhere);
    expect((await run(join(elsewhere, 'validator.cjs'), ['version'])).stdout).toBe(stdout);
  });

  it('has what this Node compiled of it beside it, and does without', async () => {
    await buildReference({ outFile });
    const launcher = await readFile(outFile, 'utf8');
    const asked = join(folder, 'deep', 'asked.cjs');
    await writeFile(asked, launcher.replace('script.runInThisContext()(require, module, exports)', 'console.log(script.cachedDataRejected)'));
    const say = async (env: Record<string, string> = {}): Promise<string> => (await run(process.execPath, [asked], { env: { PATH: process.env['PATH'], ...env } })).stdout;
    expect(await say()).toBe('false\n');
    // As another Node has it.
    expect(await say({ NODE_OPTIONS: '--max-semi-space-size=4' })).toBe('true\n');
    expect((await run(outFile, ['version'], { env: { PATH: process.env['PATH'], NODE_OPTIONS: '--max-semi-space-size=4' } })).stdout).toMatch(/^Version /);
    for (const name of await readdir(join(folder, 'deep'))) if (name.endsWith('.compiled')) await rm(join(folder, 'deep', name));
    expect(await say()).toBe('undefined\n');
  });

  it('keeps for a week what another process may have begun with, and what is others\'', async () => {
    await mkdir(join(folder, 'deep'));
    const age = async (name: string, days: number): Promise<void> => {
      const path = join(folder, 'deep', name);
      await writeFile(path, '');
      const at = new Date(wallClock().getTime() - days * 24 * 60 * 60 * 1000);
      await utimes(path, at, at);
    };
    await age('validator-0123456789abcdef.js', 8);
    await age('validator-0123456789abcdef.compiled', 8);
    await age('validator-fedcba9876543210.js', 6);
    await age('validator-test-0123456789abcdef.js', 8);
    await buildReference({ outFile });
    const left = (await readdir(join(folder, 'deep'))).sort();
    expect(left).toEqual(expect.arrayContaining(['validator-fedcba9876543210.js', 'validator-test-0123456789abcdef.js', 'validator.cjs']));
    expect(left.filter((name) => !name.includes('0123456789abcdef') && !name.includes('fedcba'))).toHaveLength(3);
    expect(left).toHaveLength(5);
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
    expect((await readdir(join(folder, 'deep'))).sort()).toEqual([expect.stringMatching(/^validator-\w{16}\.compiled$/), expect.stringMatching(/^validator-\w{16}\.js$/), 'validator.cjs']);
    await run(outFile, ['version']);
  });

  it('puts planted bugs into test builds alone, and refuses one elsewhere before anything is read', async () => {
    const refusal = async (variant: ReferenceVariant, bug: string): Promise<unknown> => {
      const program = await buildReference({ outFile: join(folder, `${variant}.cjs`), variant });
      const env = { PATH: process.env['PATH'], STAMPEDE_PLANTED_BUG: bug };
      return await run(program, ['validate', 'image', '--image', 'none', '--policy', '{}'], { env }).catch((error: unknown) => error);
    };
    expect(await refusal('release', 'in-place-write')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('release build') as string });
    expect(await refusal('test', 'unheard-of')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('no planted bug is named "unheard-of"') as string });
    const codeOf = async (variant: ReferenceVariant): Promise<string> => {
      const name = (await readdir(folder)).find((one) => one.startsWith(`${variant}-`) && one.endsWith('.js'));
      return await readFile(join(folder, name ?? ''), 'utf8');
    };
    expect(await codeOf('release')).not.toContain('in-place-write');
    expect(await codeOf('test')).toContain('in-place-write');
  });
});
