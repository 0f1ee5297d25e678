// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { searchPath } from '../config.ts';
import { StampedeError } from '../foundation/errors.ts';
import type { GoProgram } from './go-program.ts';
import { readJunit } from './junit.ts';
import type { Tally } from './tally.ts';

const run = promisify(execFile);
const mostOutputBytes = 64 * 1024 * 1024;
const endsWithinMs = 300_000;

/** The distribution specification's own judge. https://github.com/opencontainers/distribution-spec/tree/main/conformance */
export const conformanceProgram: GoProgram = {
  name: 'conformance',
  module: 'github.com/opencontainers/distribution-spec/conformance@v0.0.0-20260831232431-97274622c111',
};

export interface RegistryJudgement {
  /** Path of the program. */
  readonly program: string;
  /** Of the registry. */
  readonly url: string;
  /** Gets the program's reports: junit.xml, report.html, results.yaml. */
  readonly results: string;
  /** Of the program, by name without `OCI_`: `DATA_SHA512` to `false`. Absent: its own for version 1.1 of the specification. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Absent: the registry asks nobody who they are. */
  readonly login?: { readonly username: string; readonly password: string };
  /** PEM file with what to trust besides nothing else; absent: what this machine trusts. */
  readonly authorityFile?: string | undefined;
}

/**
 * Runs the program against a registry, with its own settings unless told otherwise.
 * @throws StampedeError TOOL_MISSING when the program leaves no report
 */
export async function judgeRegistry({ program, url, results, settings = {}, login, authorityFile }: RegistryJudgement): Promise<Tally> {
  await mkdir(results, { recursive: true });
  const { host, protocol } = new URL(url);
  const told = { REGISTRY: host, TLS: protocol === 'https:' ? 'enabled' : 'disabled', REPO1: 'conformance/one', REPO2: 'conformance/two', RESULTS_DIR: results, VERSION: '1.1', ...(login === undefined ? {} : { USERNAME: login.username, PASSWORD: login.password }), ...settings };
  const environment = Object.fromEntries(Object.entries(told).map(([name, value]) => [`OCI_${name}`, value]));
  // It ends with 1 where a test failed, and with 1 where it could not run: the report tells which.
  const ended = await run(program, [], { cwd: results, env: { HOME: results, PATH: searchPath(), ...(authorityFile === undefined ? {} : { SSL_CERT_FILE: authorityFile, SSL_CERT_DIR: results }), ...environment }, maxBuffer: mostOutputBytes, timeout: endsWithinMs }).catch((error: unknown) => error);
  const report = await readFile(join(results, 'junit.xml'), 'utf8').catch((cause: unknown) => {
    throw new StampedeError('TOOL_MISSING', 'the conformance program left no report', { cause: ended instanceof Error ? ended : cause, hint: `is ${url} a registry, and are the settings those of its README?` });
  });
  return readJunit(report);
}
