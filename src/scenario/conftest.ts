// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { StampedeError } from '../foundation/errors.ts';
import { findTool } from '../foundation/tools.ts';
import { requireProgram } from '../validator/program.ts';
import { splitCommand } from '../validator/words.ts';
import { difference } from './difference.ts';
import { normalise } from './normalise.ts';
import { performRun } from './run.ts';
import type { ScenarioRun } from './scenario-run.ts';
import { planOf, settingsOf, wordsOf } from './validate.ts';

/** What conftest is to make of these arguments. */
export interface ConftestOrder {
  readonly line: string;
  /** The file that it is to leave, below the working directory. */
  readonly produces: string;
  readonly content: string;
}

/**
 * The program conftest: named by a setting, or on the PATH; undefined where there is none.
 * @throws StampedeError TOOL_MISSING when the one that is named can't be run
 */
export function findConftest({ context: { conftest } }: Pick<ScenarioRun, 'context'>): string | undefined {
  if (conftest === undefined) return findTool('conftest');
  try {
    requireProgram(conftest);
  } catch (cause) {
    throw new StampedeError('TOOL_MISSING', `${conftest} is named for conftest and can't be run`, { cause, hint: 'name the program with --conftest, or put it on the PATH' });
  }
  return conftest;
}

/**
 * Runs conftest as validators are run, in their folder and environment, behind a door; its status is not looked at, what it makes is.
 * The run is stored, and is none of the scenario's: steps see the validator's as before.
 * @throws StampedeError EXPECTATION_BROKEN when the file is not there, or says something else
 */
export async function expectConftestProduces(scenario: ScenarioRun, program: string, { line, produces, content }: ConftestOrder): Promise<void> {
  const said = await runConftest(scenario, program, line);
  const { values, context, folders } = scenario;
  const path = await values.expand(produces, context.unknownVariables);
  const actual = await readFile(join(path.startsWith('/') ? '' : folders.work, path), 'utf8').catch((cause: unknown) => {
    throw new StampedeError('EXPECTATION_BROKEN', `conftest left no file ${path}, and said:\n${said}`, { cause });
  });
  const expected = await values.expand(content, 'keep');
  if (isSame(actual, expected)) return;
  const known = await values.forSnapshots();
  const shown = (text: string): string => normalise(text, known).trim();
  const parting = difference({ name: 'Expected', text: shown(expected) }, { name: 'Received', text: shown(actual) });
  throw new StampedeError('EXPECTATION_BROKEN', `${path} is not what conftest was to make\n\n${parting}\nIt said:\n${said}`);
}

/** Returns how it ended and what it said. */
async function runConftest(scenario: ScenarioRun, program: string, line: string): Promise<string> {
  const participant = { name: 'conftest', arguments: await wordsOf(scenario, line) };
  const settings = settingsOf(scenario, [participant], await mkdtemp(join(scenario.storedFolder, 'conftest-')));
  const plan = { ...planOf(scenario, 'alone'), participants: [{ name: participant.name, arguments: splitCommand(line) }] };
  const { recorder, results } = await performRun(plan, [participant], { ...settings, context: { ...scenario.context, validator: [program] } });
  recorder.close();
  const [result] = results;
  if (result === undefined) throw new TypeError('one participant has one result');
  const [stdout, stderr] = await Promise.all([result.stdoutFile, result.stderrFile].map(async (file) => await readFile(file, 'utf8')));
  return [result.exitCode === null ? result.ending : `exit status ${result.exitCode}`, stdout?.trim(), stderr?.trim()].filter((part) => part !== '').join('\n');
}

/** Documents are compared by what they say, other texts to the letter, but for lines that are empty at their ends. */
function isSame(actual: string, expected: string): boolean {
  const [one, other] = [documentOf(actual), documentOf(expected)];
  return one !== undefined && other !== undefined ? isDeepStrictEqual(one, other) : actual.trim() === expected.trim();
}

function documentOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
