// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { unpackTar } from 'modern-tar';
import { StampedeError } from '../foundation/errors.ts';
import { findTool } from '../foundation/tools.ts';

const run = promisify(execFile);

/** What `opa inspect` says about one annotated rule, without places in files. */
export interface RuleAnnotation {
  /** `package/rule`, for instance `main/deny`. */
  readonly path: string;
  readonly title?: string;
  readonly description?: string;
  /** `short_name` and whatever else the author wrote. */
  readonly custom?: Readonly<Record<string, unknown>>;
}

interface Term {
  readonly value: unknown;
}

interface ParsedModule {
  readonly package: { readonly path: readonly Term[] };
  readonly rules?: readonly { readonly head: { readonly ref?: readonly Term[]; readonly name?: string } }[];
}

interface Inspected {
  readonly annotations?: readonly {
    readonly annotations: { readonly scope: string } & Omit<RuleAnnotation, 'path'>;
    readonly path?: readonly Term[];
  }[];
}

/** @throws StampedeError TOOL_MISSING */
export function findOpa(): string {
  const opa = findTool('opa');
  if (opa !== undefined) return opa;
  throw new StampedeError('TOOL_MISSING', 'opa is needed to compile policies and is not on the PATH', {
    hint: 'go install github.com/open-policy-agent/opa@v1.10.1, or name its folder in STAMPEDE_TOOLS',
  });
}

/** The decisions that a validator asks this policy for: `package/deny` and `package/warn` where they exist. */
export async function entrypointsOf(opa: string, file: string): Promise<readonly string[]> {
  const module = JSON.parse(await runOpa(opa, ['parse', '--format', 'json'], file)) as ParsedModule;
  const names = new Set((module.rules ?? []).map(({ head }) => head.ref?.[0]?.value ?? head.name));
  const folder = pathOf(module.package.path);
  return ['deny', 'warn'].filter((name) => names.has(name)).map((name) => `${folder}/${name}`);
}

/** The annotated rules, in the order of the file. */
export async function annotationsOf(opa: string, file: string): Promise<readonly RuleAnnotation[]> {
  const inspected = JSON.parse(await runOpa(opa, ['inspect', '-a', '--format', 'json'], file)) as Inspected;
  return (inspected.annotations ?? [])
    .filter(({ annotations, path }) => annotations.scope === 'rule' && path !== undefined)
    .map(({ annotations: { title, description, custom }, path = [] }) => ({
      path: pathOf(path),
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description }),
      ...(custom === undefined ? {} : { custom }),
    }));
}

/** The policy as WebAssembly; equal bytes for equal sources, whatever folder they lie in. */
export async function compilePolicy(opa: string, file: string, entrypoints: readonly string[]): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'stampede-policy-'));
  try {
    const bundle = join(folder, 'bundle.tar.gz');
    await runOpa(opa, ['build', '-t', 'wasm', ...entrypoints.flatMap((name) => ['-e', name]), '-o', bundle], file);
    const entries = await unpackTar(gunzipSync(await readFile(bundle)));
    const wasm = entries.find(({ header }) => header.name.replace(/^\//, '') === 'policy.wasm')?.data;
    if (wasm === undefined) throw malformed(file, 'opa built a bundle without policy.wasm');
    return Buffer.from(wasm);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runOpa(opa: string, args: readonly string[], file: string): Promise<string> {
  try {
    const { stdout } = await run(opa, [...args, basename(file)], { cwd: dirname(file), maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    const stderr = (error as { stderr?: string }).stderr ?? '';
    throw malformed(file, stderr.trim() || 'opa failed', error);
  }
}

function malformed(file: string, reason: string, cause?: unknown): StampedeError {
  return new StampedeError('POLICY_MALFORMED', `${basename(file)}: ${reason}`, { cause });
}

function pathOf(terms: readonly Term[]): string {
  return terms.slice(terms[0]?.value === 'data' ? 1 : 0).map(({ value }) => String(value)).join('/');
}
