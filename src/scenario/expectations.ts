// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { config, expect } from 'chai';
import { judge, type Checker } from '../checkers/checker.ts';
import { StampedeError } from '../foundation/errors.ts';
import type { ValidatorResult } from '../validator/process.ts';
import { normalise } from './normalise.ts';
import { appendToStored, type ScenarioRun } from './scenario-run.ts';
import { lastRun } from './validate.ts';

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
  return result === undefined ? '' : await readFile(stream === 'stdout' ? result.stdoutFile : result.stderrFile, 'utf8');
}

/** Equal text, or a regular expression that matches, or JSON with expressions for strings (objects unordered). */
export async function expectOutput(scenario: ScenarioRun, stream: Stream, expected: string): Promise<void> {
  const known = await scenario.values.forSnapshots();
  const wanted = normalise(await scenario.values.expand(expected, 'keep'), known).trim();
  const actual = normalise(await outputOf(scenario, stream), known).trim();
  if (actual === wanted || matchesExpression(actual, wanted) || matchesJson(actual, wanted)) return;
  expect(actual, `the standard ${stream === 'stdout' ? 'output' : 'error'} is another`).to.contain(wanted);
}

/** The last run wrote these words to its standard error. */
export async function expectLogLine(scenario: ScenarioRun, expected: string): Promise<void> {
  expect(await outputOf(scenario, 'stderr'), 'the log lacks words').to.contain(expected);
}

function matchesExpression(actual: string, expression: string): boolean {
  try {
    return new RegExp(expression, 's').test(actual);
  } catch {
    return false;
  }
}

function matchesJson(actual: string, wanted: string): boolean {
  try {
    return agrees(JSON.parse(actual), JSON.parse(wanted));
  } catch {
    return false;
  }
}

/** Each member of `wanted` is in `actual`; strings of `wanted` may be expressions. */
function agrees(actual: unknown, wanted: unknown): boolean {
  if (typeof wanted === 'string') return actual === wanted || (typeof actual === 'string' && matchesExpression(actual, `^(?:${wanted})$`));
  if (Array.isArray(wanted)) return Array.isArray(actual) && actual.length === wanted.length && wanted.every((item, index) => agrees(actual[index], item));
  if (typeof wanted !== 'object' || wanted === null) return isDeepStrictEqual(actual, wanted);
  if (typeof actual !== 'object' || actual === null) return false;
  const members = actual as Record<string, unknown>;
  return Object.entries(wanted).every(([name, value]) => name in members && agrees(members[name], value));
}

/**
 * Compares with the scenario's snapshots, every text before the first failure is thrown.
 * @throws StampedeError SNAPSHOT_MISMATCH with a diff; SNAPSHOT_MISSING where none may be written
 */
export async function expectSnapshots(scenario: ScenarioRun, texts: readonly (readonly [name: string, text: string])[]): Promise<void> {
  const known = await scenario.values.forSnapshots();
  const failures: StampedeError[] = [];
  for (const [what, text] of texts) {
    const comparison = scenario.snapshots.compare(`${scenario.identity.title}: ${what}`, normalise(text, known));
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
  return await readFile(join(path.startsWith('/') ? '' : scenario.folders.work, path), 'utf8').catch((cause: unknown) => {
    throw new StampedeError('EXPECTATION_BROKEN', `the validator left no file ${path}`, { cause });
  });
}

/** @throws StampedeError VERDICT_BROKEN, VERDICT_UNKNOWN */
export function expectHeld(scenario: ScenarioRun, checker: Checker): void {
  const run = lastRun(scenario);
  const { verdict } = judge(checker, run.recorder.events());
  switch (verdict.verdict) {
    case 'held':
      return;
    case 'broken':
      throw new StampedeError('VERDICT_BROKEN', `${checker.name}: ${verdict.sentence}`, {
        hint: `look at events ${verdict.events.join(', ')} of ${join(run.settings.folder, 'history.ndjson')}`,
      });
    case 'unknown':
      throw new StampedeError('VERDICT_UNKNOWN', `${checker.name}: ${verdict.reason}`, {
        hint: `this says nothing about the validator; look at ${join(run.settings.folder, 'history.ndjson')}`,
      });
  }
}
