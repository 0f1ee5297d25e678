// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { loadPolicy } from '@open-policy-agent/opa-wasm';
import { StampedeError } from '../../foundation/errors.ts';

/** One annotated rule; `path` is `package/rule`, for instance `main/deny`. */
export interface AnnotatedRule {
  readonly path: string;
  readonly title?: string;
  readonly description?: string;
  readonly custom?: Readonly<Record<string, unknown>>;
}

/** What one decision (`main/deny`) gave: a set of texts or objects. */
export interface Decision {
  readonly entrypoint: string;
  readonly results: readonly unknown[];
}

/** A policy file, loaded once and asked once a component. */
export interface CompiledPolicy {
  readonly rules: readonly AnnotatedRule[];
  /** @throws StampedeError POLICY_MALFORMED when the policy itself fails */
  readonly decide: (input: object) => readonly Decision[];
}

/**
 * Loads every `NAME.rego` below the folder in its compiled form.
 * @throws StampedeError POLICY_NOT_COMPILED, POLICY_MALFORMED
 */
export async function loadPolicies(folder: string): Promise<readonly CompiledPolicy[]> {
  const names = await readdir(folder, { recursive: true });
  const files = names.filter(isPolicy).sort().map((name) => join(folder, name));
  if (files.length === 0) throw new StampedeError('POLICY_MALFORMED', 'no .rego file in the policy source');
  return await Promise.all(files.map(async (file) => await loadPolicyFile(file)));
}

function isPolicy(name: string): boolean {
  return name.endsWith('.rego') && !name.endsWith('_test.rego') && !name.split(sep).includes('.git');
}

async function loadPolicyFile(file: string): Promise<CompiledPolicy> {
  const stem = file.slice(0, -'.rego'.length);
  const [wasm, annotations] = await Promise.all([readFile(`${stem}.wasm`), readFile(`${stem}.annotations.json`, 'utf8')]).catch(
    (cause: unknown) => {
      throw new StampedeError('POLICY_NOT_COMPILED', `${basename(file)} lies there without its compiled form`, {
        cause,
        hint: 'run `npm run policies:build -- DIR` and commit the .wasm and .annotations.json files',
      });
    },
  );
  try {
    const policy = await loadPolicy(wasm);
    return {
      rules: rulesOf(JSON.parse(annotations)),
      decide: (input) => decide(policy, basename(file), input),
    };
  } catch (cause) {
    throw new StampedeError('POLICY_MALFORMED', `${basename(file)}: the compiled form can't be loaded`, { cause });
  }
}

function decide(policy: Awaited<ReturnType<typeof loadPolicy>>, file: string, input: object): readonly Decision[] {
  return Object.keys(policy.entrypoints as Record<string, number>).map((entrypoint) => {
    try {
      const answer = policy.evaluate(input, entrypoint) as readonly { readonly result?: unknown }[];
      const results = answer[0]?.result ?? [];
      if (!Array.isArray(results)) throw new Error(`${entrypoint} is no set`);
      return { entrypoint, results };
    } catch (cause) {
      // The library throws texts and plain objects too.
      const reason = cause instanceof Error ? cause.message : typeof cause === 'string' ? cause : JSON.stringify(cause);
      throw new StampedeError('POLICY_MALFORMED', `${file}: ${reason}`, { cause });
    }
  });
}

function rulesOf(annotations: unknown): readonly AnnotatedRule[] {
  const isList = Array.isArray(annotations) && annotations.every((rule: { readonly path?: unknown } | null) => typeof rule?.path === 'string');
  if (!isList) throw new Error('the annotations are not a list of rules');
  return annotations as readonly AnnotatedRule[];
}
