// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';
import { buildPolicies } from './build.ts';

const opa = toolOrSkip('opa');
const examples = new URL('../../examples/', import.meta.url).pathname;

const policy = `package acme.release

import rego.v1

# METADATA
# title: Never
# custom:
#   short_name: never
deny contains result if {
	input.never
	result := "never"
}
`;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'policies-test-'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

describe('buildPolicies', () => {
  it('names the missing program and how to install it', async () => {
    vi.stubEnv('STAMPEDE_TOOLS', '');
    vi.stubEnv('PATH', folder);
    await expect(buildPolicies({ directory: folder, check: true })).rejects.toMatchObject({
      code: 'TOOL_MISSING',
      hint: expect.stringContaining('go install'),
    });
  });
});

describe.skipIf(opa === undefined)('buildPolicies with opa', () => {
  it('finds the compiled examples of this repository up to date', async () => {
    await expect(buildPolicies({ directory: examples, check: true })).resolves.toContain('happy_day.wasm');
  });

  it('gives equal bytes in another folder, and annotations that name no place', async () => {
    const other = join(folder, 'other');
    await mkdir(other);
    await writeFile(join(folder, 'one.rego'), policy);
    await writeFile(join(other, 'one.rego'), policy);
    expect(await buildPolicies({ directory: folder, check: false })).toEqual(['one.wasm', 'one.annotations.json']);
    await buildPolicies({ directory: other, check: false });
    for (const name of ['one.wasm', 'one.annotations.json']) {
      expect(await readFile(join(other, name))).toEqual(await readFile(join(folder, name)));
    }
    expect(JSON.parse(await readFile(join(folder, 'one.annotations.json'), 'utf8'))).toEqual([
      { path: 'acme/release/deny', title: 'Never', custom: { short_name: 'never' } },
    ]);
  });

  it('lists what is out of date and what is missing, and writes nothing', async () => {
    await writeFile(join(folder, 'one.rego'), policy);
    await buildPolicies({ directory: folder, check: false });
    await rm(join(folder, 'one.annotations.json'));
    await writeFile(join(folder, 'one.rego'), policy.replace('input.never', 'input.always'));
    const before = await readFile(join(folder, 'one.wasm'));
    const check = buildPolicies({ directory: folder, check: true });
    await expect(check).rejects.toMatchObject({
      code: 'POLICY_STALE',
      message: expect.stringMatching(/one\.wasm differs.*one\.annotations\.json is missing/),
    });
    expect(await readFile(join(folder, 'one.wasm'))).toEqual(before);
  });

  it.each([
    ['source that does not parse', 'package main\n\ndeny contains'],
    ['a policy that decides nothing', 'package main\n\nimport rego.v1\n\nallow if true\n'],
  ])('refuses %s', async (_what, source) => {
    await writeFile(join(folder, 'bad.rego'), source);
    await expect(buildPolicies({ directory: folder, check: false })).rejects.toMatchObject({ code: 'POLICY_MALFORMED' });
  });

  it('refuses a folder without policies', async () => {
    await expect(buildPolicies({ directory: folder, check: false })).rejects.toMatchObject({ code: 'POLICY_MALFORMED' });
  });
});
