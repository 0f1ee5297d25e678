// SPDX-License-Identifier: Apache-2.0
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadPolicies, type CompiledPolicy } from './compiled.ts';
import { evaluatePolicy, type Outcome } from './outcome.ts';

const examples = new URL('../../../examples/', import.meta.url).pathname;
const now = new Date('2025-06-01T00:00:00Z');

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compiled-test-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function example(name: string): Promise<CompiledPolicy> {
  for (const ending of ['rego', 'wasm', 'annotations.json']) {
    await copyFile(join(examples, `${name}.${ending}`), join(folder, `main.${ending}`));
  }
  const [policy] = await loadPolicies(folder);
  if (policy === undefined) throw new Error('nothing loaded');
  return policy;
}

function codes(outcome: Outcome): object {
  const of = (results: Outcome['violations']): unknown[] => results.map(({ metadata }) => metadata?.['code']);
  return { violations: of(outcome.violations), warnings: of(outcome.warnings).sort(), successes: of(outcome.successes) };
}

describe('loadPolicies', () => {
  it.each([
    ['happy_day', { violations: [], warnings: [], successes: ['main.acceptor'] }],
    ['reject', { violations: ['main.rejector'], warnings: [], successes: [] }],
    ['warn', { violations: [], warnings: ['main.advisor', 'main.from_2099'], successes: [] }],
  ])('evaluates examples/%s.rego', async (name, expected) => {
    const policy = await example(name);
    expect(codes(evaluatePolicy(policy, {}, now))).toEqual(expected);
    expect(codes(evaluatePolicy(policy, {}, now))).toEqual(expected);
  });

  it.each([
    ['no files at all', { image: {} }, 'violations'],
    ['other kinds', { image: { files: { 'manifests/a.yaml': { kind: 'Service' }, 'manifests/b.json': ['list'] } } }, 'violations'],
    ['the description', { image: { files: { 'manifests/a.yaml': { kind: 'ClusterServiceVersion' } } } }, 'successes'],
  ] as const)('finds with %s among the bundle files that the rule belongs to the %s', async (_what, input, list) => {
    const outcome = evaluatePolicy(await example('bundle_files'), input, now);
    expect(outcome[list].map(({ metadata }) => metadata?.['code'])).toEqual(['manifests.missing']);
  });

  it('sends the author of an uncompiled policy to the build command', async () => {
    await writeFile(join(folder, 'new.rego'), 'package main');
    await expect(loadPolicies(folder)).rejects.toMatchObject({
      code: 'POLICY_NOT_COMPILED',
      hint: expect.stringContaining('npm run policies:build'),
    });
  });

  it('refuses a compiled form that is not WebAssembly', async () => {
    await example('reject');
    await writeFile(join(folder, 'main.wasm'), 'nonsense');
    await expect(loadPolicies(folder)).rejects.toMatchObject({ code: 'POLICY_MALFORMED' });
  });

  it('refuses a source without policies', async () => {
    await expect(loadPolicies(folder)).rejects.toMatchObject({ code: 'POLICY_MALFORMED' });
  });
});
