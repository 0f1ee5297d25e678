// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StampedeError } from '../foundation/errors.ts';
import { annotationsOf, compilePolicy, entrypointsOf, findOpa } from './opa.ts';

export interface BuildPoliciesOptions {
  /** Every `NAME.rego` directly in it is compiled, except `NAME_test.rego`. */
  readonly directory: string;
  /** Compare with what lies there instead of writing. */
  readonly check: boolean;
}

interface Artifact {
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * Puts `NAME.wasm` and `NAME.annotations.json` beside each `NAME.rego`, because no JavaScript evaluates Rego source.
 * Each policy is compiled alone. Returns the names of the files made or compared.
 * @throws StampedeError TOOL_MISSING, POLICY_MALFORMED, POLICY_STALE (with `check`, listing every file that differs)
 */
export async function buildPolicies({ directory, check }: BuildPoliciesOptions): Promise<readonly string[]> {
  const opa = findOpa();
  const policies = await policiesIn(directory);
  const artifacts: Artifact[] = [];
  for (const policy of policies) artifacts.push(...(await artifactsOf(opa, directory, policy)));
  if (check) await compare(directory, artifacts);
  else await Promise.all(artifacts.map(async ({ name, bytes }) => await writeFile(join(directory, name), bytes)));
  return artifacts.map(({ name }) => name);
}

async function policiesIn(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch((cause: unknown) => {
    throw new StampedeError('POLICY_MALFORMED', `can't read the policy folder ${directory}`, { cause });
  });
  const policies = names.filter((name) => name.endsWith('.rego') && !name.endsWith('_test.rego')).sort();
  if (policies.length > 0) return policies;
  throw new StampedeError('POLICY_MALFORMED', `no .rego file in ${directory}`);
}

async function artifactsOf(opa: string, directory: string, policy: string): Promise<readonly Artifact[]> {
  const file = join(directory, policy);
  const entrypoints = await entrypointsOf(opa, file);
  if (entrypoints.length === 0) throw new StampedeError('POLICY_MALFORMED', `${policy} has no deny and no warn rule`);
  const annotations = await annotationsOf(opa, file);
  const stem = policy.slice(0, -'.rego'.length);
  return [
    { name: `${stem}.wasm`, bytes: await compilePolicy(opa, file, entrypoints) },
    { name: `${stem}.annotations.json`, bytes: Buffer.from(`${JSON.stringify(annotations, null, 2)}\n`) },
  ];
}

async function compare(directory: string, artifacts: readonly Artifact[]): Promise<void> {
  const stale: string[] = [];
  for (const { name, bytes } of artifacts) {
    const present = await readFile(join(directory, name)).catch(() => undefined);
    if (present === undefined) stale.push(`${name} is missing`);
    else if (!present.equals(bytes)) stale.push(`${name} differs from its source`);
  }
  if (stale.length === 0) return;
  throw new StampedeError('POLICY_STALE', `compiled policies are out of date: ${stale.join(', ')}`, {
    hint: `npm run policies:build -- ${directory}`,
  });
}
