// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRecorder } from '../history/recorder.ts';
import { runValidator, type ValidatorResult } from '../validator/process.ts';
import type { Subject } from '../validator/subject.ts';
import { ofSubject, type Check } from './check.ts';
import { describeForm, lacksLoader, programForm, type ProgramForm } from './program-form.ts';

export interface ValidatorRequest {
  readonly subject: Subject;
  /** Program and leading arguments. */
  readonly validator: readonly string[];
  /** Of the session: gets a home, outputs and the ledger. */
  readonly folder: string;
  readonly ledgerFile: string;
  readonly searchPath: string;
  readonly answerWithinMs?: number;
}

const name = 'validator';
const outputLimitBytes = 64 * 1024;
const longestVersion = 60;

/** Runs the program as a scenario would, with `version` and `--help`: neither has to be known to it, but it has to come to an end. */
export async function validatorCheck(request: ValidatorRequest): Promise<Check> {
  const [program = ''] = request.validator;
  const form = programForm(program);
  const kind = request.subject.program.kind === 'built' ? 'of this project, runs on Node' : describeForm(form);
  if (lacksLoader(form)) return failed(`${kind}: its loader ${(form as { loader?: string }).loader} is not there`, 'build it for the C library of this machine, or statically');
  const answers = await Promise.all(['version', '--help'].map(async (argument) => await ask(argument, request)));
  const dead = answers.find(({ result }) => result.ending === 'signalled' || result.exitCode === 127);
  if (dead !== undefined) return failed(`${kind}: with ${dead.argument} it ended by ${dead.result.signal ?? 'status 127'}${dead.firstLine === '' ? '' : `: ${dead.firstLine}`}`, 'run it by hand, and see what it lacks');
  if (answers.every(({ result }) => result.ending !== 'exited')) {
    return { name, state: 'limited', found: `${kind}: answers neither version nor --help in time`, means: 'its runs may hang as well: each is ended at the deadline', remedy: '--deadline MS, or see what it waits for' };
  }
  const spoken = answers.find(({ result, firstLine }) => result.exitCode === 0 && firstLine !== '');
  const found = `${kind}${spoken === undefined ? ', tells no version' : spoken.argument === 'version' ? `, ${spoken.firstLine}` : ', answers --help'}`;
  return { name, state: 'ok', found, ...observed(form, request.subject) };
}

/** Whether a gate can hold the program after its file calls. */
function observed(form: ProgramForm, { program }: Subject): Partial<Check> {
  const blurs = ['explore with file calls'] as const;
  if (program.kind === 'built') return {};
  if (form.kind === 'script' && form.isWrapper) {
    return { state: 'limited', blurs, means: 'gates hold the shell after its own file calls, not the programs that it runs: schedules of file calls would be unknown', remedy: 'let the script end with exec PROGRAM "$@"' };
  }
  if (form.kind === 'unreadable' && process.getuid?.() !== 0) {
    return { state: 'limited', blurs, means: 'the system hides what such a program does: schedules of file calls would be unknown', remedy: 'chmod +r' };
  }
  return {};
}

function failed(found: string, remedy: string): Check {
  return { name, state: 'missing', found, means: 'there is nothing to judge', remedy, stops: ofSubject };
}

interface Answer {
  readonly argument: string;
  readonly result: ValidatorResult;
  /** Of what it wrote, the part that matters to a person; of any characters. */
  readonly firstLine: string;
}

async function ask(argument: string, { validator: [program = '', ...leading], folder, ledgerFile, searchPath, answerWithinMs = 5000 }: ValidatorRequest): Promise<Answer> {
  const home = join(folder, `asked-${argument}`);
  await mkdir(home);
  const recorder = openRecorder(join(home, 'history.ndjson'));
  try {
    const result = await runValidator({
      participant: 'asked', program, arguments: [...leading, argument], environment: { PATH: searchPath, HOME: home }, directory: home,
      outputFolder: home, outputLimitBytes, ledgerFile, deadlineMs: answerWithinMs, recorder,
    });
    const [said, complained] = await Promise.all([readFile(result.stdoutFile, 'utf8'), readFile(result.stderrFile, 'utf8')]);
    const firstLine = `${said}\n${complained}`.split('\n').map((line) => line.trim()).find((line) => line !== '') ?? '';
    return { argument, result, firstLine: firstLine.slice(0, longestVersion) };
  } finally {
    recorder.close();
  }
}
