// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { projectRoot } from './test-project.ts';

/** Objects of an engine, as far as tests look into them. */
export interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
}

export interface Program {
  readonly name: string;
  readonly env: readonly Variable[];
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly script: string;
}

export interface FailureRule {
  readonly action: string;
  readonly onExitCodes?: { readonly values: readonly number[] };
}

export interface JobSpec {
  readonly completions: number;
  readonly activeDeadlineSeconds: number;
  readonly podFailurePolicy: { readonly rules: readonly FailureRule[] };
  readonly template: { readonly spec: { readonly containers: readonly Program[] } };
}

export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data: Readonly<Record<string, string>>;
  readonly spec: {
    readonly schedule: string;
    readonly startingDeadlineSeconds: number;
    readonly jobTemplate: { readonly spec: JobSpec };
    readonly steps: readonly Program[];
    readonly params: readonly { readonly name: string; readonly default?: unknown }[];
    readonly matrix: unknown;
  };
}

export function deployText(...path: readonly string[]): string {
  return readFileSync(join(projectRoot, 'deploy', ...path), 'utf8');
}

/** The documents of a file in deploy/, by kind and name. */
export function manifestsIn(...path: readonly string[]): ReadonlyMap<string, Manifest> {
  const documents = parseAllDocuments(deployText(...path)).map((document) => document.toJS() as Manifest);
  return new Map(documents.map((one) => [`${one.kind} ${one.metadata.name}`, one]));
}

/** Where a pod runs: `values` are what the engine would put in place of references. Throws for a reference that it would not know. */
export function environmentOf(variables: readonly Variable[], values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const known = (reference: string): string => {
    const value = values[reference];
    if (value === undefined) throw new Error(`nobody gives ${reference}`);
    return value;
  };
  return Object.fromEntries(variables.map(({ name, value, valueFrom }) => [name, valueFrom === undefined ? (value ?? '').replaceAll(/\$\(([^()]+)\)/g, (_, reference: string) => known(reference)) : known(valueFrom.fieldRef.fieldPath)]));
}

/** What the engine decides about a pod whose container ended so; undefined: it is counted, and tried again. */
export function actionFor(status: number, { podFailurePolicy: { rules } }: JobSpec): string | undefined {
  return rules.find(({ onExitCodes }) => onExitCodes?.values.includes(status))?.action;
}

export interface Script {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly status: number | null; readonly output: string }>;
}

/** Runs what an engine would run, where the project lies, with no environment but that of the engine and of this machine. */
export function startProgram(command: readonly string[], environment: Readonly<Record<string, string>>, { cwd = projectRoot, temporary }: { readonly cwd?: string; readonly temporary: string }): Script {
  const [program = '', ...args] = command;
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(program, args, { cwd, env: { PATH, HOME, TMPDIR: temporary, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  return { child, ended: once(child, 'close').then(([status]) => ({ status: status as number | null, output })) };
}
