// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { config, expect } from 'chai';
import { judge, type Checker } from '../checkers/checker.ts';
import { StampedeError } from '../foundation/errors.ts';
import { liesIn } from '../foundation/lies-in.ts';
import { readUntrusted } from '../foundation/untrusted-file.ts';
import type { ValidatorResult } from '../validator/process.ts';
import { underUsualName } from './door-route.ts';
import { normalise } from './normalise.ts';
import { appendToStored, type ScenarioRun } from './scenario-run.ts';
import { lastRun } from './validate.ts';
import { failureOf } from './verdict-failure.ts';

// Messages are read by people who can't see the values any more.
config.truncateThreshold = 0;

/** Every process of the last run ended with this status. */
export async function expectExitStatus(scenario: ScenarioRun, status: number): Promise<void> {
  for (const result of lastRun(scenario).results) {
    const stderr = (await readFile(result.stderrFile, 'utf8')).trim().split('\n').slice(-10).join('\n');
    const said = stderr === '' ? '' : `${result.participant} said:\n${stderr}\n\n`;
    expect(endOf(result), `${said}${result.participant}`).to.equal(`exit status ${status}`);
  }
}

/** At least one process of the last run failed, each that did said why, all others ended well. */
export async function expectLogFailureTold(scenario: ScenarioRun, expected: string): Promise<void> {
  const { results } = lastRun(scenario);
  const failed = results.filter((result) => endOf(result) !== 'exit status 0');
  expect(failed.length, 'none has failed').to.be.greaterThan(0);
  for (const result of failed) {
    expect(endOf(result), result.participant).to.equal('exit status 1');
    const said = [await readFile(result.stdoutFile, 'utf8'), await readFile(result.stderrFile, 'utf8')].join('\n');
    expect(said, `${result.participant} failed and did not say why`).to.contain(expected);
  }
}

function endOf({ exitCode, ending, signal }: ValidatorResult): string {
  const by = signal === null ? '' : ` by ${signal}`;
  switch (ending) {
    case 'exited':
      return `exit status ${exitCode ?? ''}`;
    case 'signalled':
      return `crashed${by}`;
    case 'deadline':
      return `still running at its deadline, ended${by}`;
    case 'output-limit':
      return `wrote more than is kept, ended${by}`;
    case 'stopped':
      return `stopped${by}`;
  }
}

export type Stream = 'stdout' | 'stderr';

/** What one process of the last run wrote; the first, unless another is named. */
export async function outputOf(scenario: ScenarioRun, stream: Stream, index = 0): Promise<string> {
  const result = lastRun(scenario).results[index];
  return result === undefined ? '' : underUsualName(await readFile(stream === 'stdout' ? result.stdoutFile : result.stderrFile, 'utf8'), result);
}

/**
 * What is expected is JSON with expressions for strings (objects unordered, further members allowed), or text that is
 * contained, or a regular expression that matches; nothing is expected of an output that must be empty.
 */
export async function expectOutput(scenario: ScenarioRun, stream: Stream, expected: string): Promise<void> {
  const what = `the standard ${stream === 'stdout' ? 'output' : 'error'} is another`;
  const known = await scenario.values.forSnapshots();
  // What the validator wrote is kept without secrets.
  const wanted = scenario.secrets.hider.hide(await scenario.values.expand(expected, 'keep')).trim();
  const actual = (await outputOf(scenario, stream)).trim();
  if (wanted === '') return void expect(actual, what).to.equal('');
  // As they are, for expressions; by the names of the known values, for what differs from run to run.
  const comparable = (text: string): string => normalise(text, known).trim();
  if (contains(actual, wanted) || contains(comparable(actual), comparable(wanted))) return;
  expect(comparable(actual), what).to.contain(comparable(wanted));
}

/** A document is never an expression: its brackets would match nearly everything. */
function contains(actual: string, wanted: string): boolean {
  const isDocument = /^[{[]/.test(wanted) && documentOf(wanted) !== undefined;
  if (!isDocument) return actual.includes(wanted) || matchesExpression(actual, wanted);
  return documentOf(actual) === undefined ? actual.includes(wanted) : agrees(documentOf(actual), documentOf(wanted));
}

/** The last run wrote these words to its standard error. */
export async function expectLogLine(scenario: ScenarioRun, expected: string): Promise<void> {
  expect(await outputOf(scenario, 'stderr'), 'the log lacks words').to.contain(scenario.secrets.hider.hide(expected));
}

function matchesExpression(actual: string, expression: string): boolean {
  try {
    return new RegExp(expression, 's').test(actual);
  } catch {
    return false;
  }
}

function documentOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Each member of `wanted` is in `actual`; strings of `wanted` may be expressions. */
function agrees(actual: unknown, wanted: unknown): boolean {
  if (typeof wanted === 'string') return actual === wanted || (typeof actual === 'string' && matchesExpression(actual, `^(?:${wanted})$`));
  if (Array.isArray(wanted)) return Array.isArray(actual) && actual.length === wanted.length && wanted.every((item, index) => agrees(actual[index], item));
  if (typeof wanted !== 'object' || wanted === null) return isDeepStrictEqual(actual, wanted);
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return false;
  const members = new Map(Object.entries(actual));
  return Object.entries(wanted).every(([name, value]) => members.has(name) && agrees(members.get(name), value));
}

/**
 * Compares with the scenario's snapshots, every text before the first failure is thrown.
 * @throws StampedeError SNAPSHOT_MISMATCH with a diff; SNAPSHOT_MISSING where none may be written
 */
export async function expectSnapshots(scenario: ScenarioRun, texts: readonly (readonly [name: string, text: string])[]): Promise<void> {
  const known = await scenario.values.forSnapshots();
  const failures: StampedeError[] = [];
  const snapshots = await scenario.snapshots();
  for (const [what, text] of texts) {
    const comparison = snapshots.compare(`${scenario.identity.title}: ${what}`, normalise(text, known));
    const { difference, ...record } = comparison;
    await appendToStored(scenario, 'snapshots.ndjson', record);
    lastRun(scenario).recorder.record({ kind: 'snapshot-compared', snapshot: record.name, outcome: record.outcome });
    const failure = snapshotFailure(scenario, what, comparison.outcome, difference);
    if (failure !== undefined) failures.push(failure);
  }
  const [first, ...others] = failures;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  throw new StampedeError(first.code, failures.map(({ message }) => message).join('\n\n'), first.hint === undefined ? {} : { hint: first.hint });
}

function snapshotFailure(scenario: ScenarioRun, what: string, outcome: string, difference: string | undefined): StampedeError | undefined {
  const { snapshotMode } = scenario.context;
  const hint = 'if the new output is right: npm run snapshots:update';
  if (outcome === 'mismatched' && snapshotMode !== 'all') {
    return new StampedeError('SNAPSHOT_MISMATCH', `${what} differs from its snapshot\n\n${difference ?? ''}`, { hint });
  }
  if (outcome === 'missing' && snapshotMode === 'none') {
    return new StampedeError('SNAPSHOT_MISSING', `there is no snapshot of ${what}, and none is written in this mode`, {
      hint: 'run once without --ci and commit the snapshots',
    });
  }
  return undefined;
}

/** A file that the validator wrote or a step made, below the working directory or absolute. */
export async function readNamedFile(scenario: ScenarioRun, name: string): Promise<string> {
  const path = await scenario.values.expand(name, scenario.context.unknownVariables);
  const whole = join(path.startsWith('/') ? '' : scenario.folders.work, path);
  const isOwn = liesIn(scenario.folders.root, whole);
  const bytes = await readUntrusted({ path: whole, limitBytes: scenario.context.outputLimitBytes, ...(isOwn ? { inside: scenario.folders.root } : {}) }).catch((cause: unknown) => {
    throw new StampedeError('EXPECTATION_BROKEN', `the validator left no file ${path} that can be read`, { cause });
  });
  return scenario.secrets.hider.hide(bytes.toString('utf8'));
}

/** @throws StampedeError VERDICT_BROKEN, VERDICT_UNKNOWN */
export function expectHeld(scenario: ScenarioRun, checker: Checker): void {
  const { recorder, settings, asked } = lastRun(scenario);
  const verdict = judge(checker, recorder.events());
  asked.push(verdict);
  const failure = failureOf(verdict, settings.folder);
  if (failure !== undefined) throw failure;
}
