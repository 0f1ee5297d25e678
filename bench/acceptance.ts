// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { StampedeError } from '../src/foundation/errors.ts';
import { root } from '../src/foundation/root.ts';

const scenarios = 30;
const validatorSeconds = 0.3;

const subject = `export const subject = { name: 'nothing', description: 'does nothing', program: { kind: 'given' }, cacheDirectory: '\${HOME}/cache' };\n`;
const policy = 'package main\n';
const bare = `    When ec command is run with "hello"
    Then the exit status should be 0
`;
/** What the features of a real validator begin with. */
const usual = `    Given a key pair named "known"
    And an image named "acceptance/image"
    And a valid image signature of "acceptance/image" image signed by the "known" key
    And a valid attestation of "acceptance/image" signed by the "known" key
    And a git repository named "policy" with
      | main.rego | main.rego |
    And policy configuration named "policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://\${GITHOST}/git/policy.git" ] } ] }
      """
    When ec command is run with "validate image --image \${REGISTRY}/acceptance/image@sha256:\${REGISTRY_acceptance/image:latest_DIGEST} --policy acceptance/policy --rekor-url \${REKOR} --public-key \${known_PUBLIC_KEY}"
    Then the exit status should be 0
    And the output should match the snapshot
`;

interface Measured {
  readonly wallMs: number;
  /** Of all validators together. */
  readonly validatorMs: number;
  readonly runs: number;
}

/** The features' own cost: with a validator that does nothing all of it is ours. Nothing is deleted in between: files are made more slowly where many were deleted shortly before. */
export async function benchAcceptance(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'stampede-bench-'));
  try {
    for (const [kind, steps] of [['bare', bare], ['usual', usual]] as const) {
      for (const seconds of [0, validatorSeconds]) await tell(folder, { kind, steps, seconds, parallel: 0 });
    }
    const cores = availableParallelism();
    if (cores > 1) await tell(folder, { kind: 'usual', steps: usual, seconds: validatorSeconds, parallel: cores });
    return 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Load {
  readonly kind: string;
  readonly steps: string;
  /** What the validator takes. */
  readonly seconds: number;
  readonly parallel: number;
}

/** Starting costs the same for one scenario and for many: their difference is that of the others. */
async function tell(folder: string, load: Load): Promise<void> {
  const one = await measure(await mkdtemp(join(folder, 'one-')), load, Math.max(1, load.parallel));
  const many = await measure(await mkdtemp(join(folder, 'many-')), load, Math.max(1, load.parallel) + scenarios);
  const wall = (many.wallMs - one.wallMs) / scenarios;
  const times = (many.runs - one.runs) / scenarios;
  // One run is what is tested; that it runs again, to be compared with, is ours like all the rest.
  const validator = (many.validatorMs - one.validatorMs) / (many.runs - one.runs);
  const own = load.parallel > 0 ? '' : `, ours ${Math.round(wall - validator)} ms (${Math.round((1 - validator / wall) * 100)} %)`;
  const title = `${load.kind} scenarios, validator of ${load.seconds} s${load.parallel > 0 ? `, --parallel ${load.parallel}` : ''}`;
  process.stdout.write(`${title}\n  ${Math.round(60_000 / wall)} a minute: ${Math.round(wall)} ms each, the validator's ${Math.round(validator)} ms (it ran ${times} times)${own}\n`);
}

async function measure(folder: string, { steps, seconds, parallel }: Load, count: number): Promise<Measured> {
  const inside = (name: string): string => join(folder, name);
  for (const name of ['features', 'examples', 'snapshots']) await mkdir(inside(name), { recursive: true });
  const titles = Array.from({ length: count }, (_, index) => `  Scenario: number ${index + 1}\n${steps}`);
  await writeFile(inside('features/load.feature'), `Feature: load\n\n${titles.join('\n')}`);
  await writeFile(inside('examples/main.rego'), policy);
  await writeFile(inside('subject.ts'), subject);
  await writeFile(inside('validator'), `#!/bin/sh\nexec sleep ${seconds}\n`, { mode: 0o755 });
  const flags = ['features', 'examples', 'snapshots', 'runs'].flatMap((name) => [`--${name}`, inside(name)]);
  const command = [join(root, 'bin/stampede.mjs'), 'acceptance', ...flags, '--subject', inside('subject.ts'), '--binary', inside('validator'), ...(parallel > 0 ? ['--parallel', String(parallel)] : [])];
  const { durationMs, exitCode, all } = await execa(process.execPath, command, { cwd: root, all: true, reject: false });
  if (exitCode !== 0) throw new StampedeError('WORKER_CRASHED', `the scenarios did not hold:\n${all}`);
  const durations = await validatorDurations(inside('runs'));
  return { wallMs: durationMs, runs: durations.length, validatorMs: durations.reduce((sum, each) => sum + each, 0) };
}

/** As every stored history tells. */
async function validatorDurations(runs: string): Promise<readonly number[]> {
  // The link to the latest run would be followed, and count everything twice.
  await rm(join(runs, 'latest'), { force: true });
  const names = await readdir(runs, { recursive: true });
  const histories = await Promise.all(names.filter((name) => name.endsWith('history.ndjson')).map(async (name) => await readFile(join(runs, name), 'utf8')));
  return histories.flatMap((text) => text.trimEnd().split('\n')).flatMap((line) => {
    const event = JSON.parse(line) as { readonly kind: string; readonly durationMs?: number };
    return event.kind === 'validator-exited' && event.durationMs !== undefined ? [event.durationMs] : [];
  });
}
