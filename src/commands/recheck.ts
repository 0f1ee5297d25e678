// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util';
import { checkerNamed } from '../checkers/by-name.ts';
import { judge, type NamedVerdict } from '../checkers/checker.ts';
import { checkersFor } from '../checkers/defaults.ts';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import { harmless } from '../report/terminal.ts';
import { counted } from '../report/timeline/text.ts';
import type { DrawnRun } from '../report/timeline/run-view.ts';
import { readStoredRuns } from './stored-runs.ts';

const usage = `npm run recheck -- FOLDER

Judges the runs that are stored in a folder once more, with the checkers of today, and says what they find that those of then did not, or the other way round. Nothing is
run, and nothing in the folder is changed. FOLDER is what a failure names after \`stored\` or \`artifacts\`, or one of the runs in it.

exit status: 0 all is as stored, 1 something is not, 2 usage, 4 what is stored there is damaged
`;

/** A verdict that is not what was stored; undefined: there was none, or there is none any more. */
interface Changed {
  readonly checker: string;
  readonly then: NamedVerdict['verdict'] | undefined;
  readonly now: NamedVerdict['verdict'] | undefined;
}

/** `recheck`: today's checkers on a history of then. */
export async function recheckCommand(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parse(argv);
  if (values.help === true) return say(usage, ExitStatus.held);
  const [folder] = positionals;
  if (folder === undefined || positionals.length > 1) throw refused(`one folder is judged at a time, not ${positionals.length}`);
  let [judged, differing] = [0, 0];
  for (const run of await readStoredRuns(folder)) {
    const changed = recheck(run);
    judged += run.verdicts.length;
    differing += changed.length;
    for (const { checker, then, now } of changed) say(`  ${run.name}  ${checker}: ${wordsOf(then, 'not asked')} then, ${wordsOf(now, 'not there')} now\n`);
  }
  if (judged === 0) throw refused(`no verdicts are stored in ${folder}: there is nothing to compare with`);
  return say(`${counted(judged, 'verdict')} judged again, ${differing === 0 ? 'all as stored' : `${differing} not as stored`}\n`, differing === 0 ? ExitStatus.held : ExitStatus.broken);
}

/** Scenarios are judged by those of their kind, too, that were not there then; attempts by those that were asked. */
function recheck({ history, plan, verdicts }: DrawnRun): readonly Changed[] {
  const known = verdicts.flatMap(({ checker, verdict }): readonly Changed[] => {
    const today = checkerNamed(checker);
    const now = today === undefined ? undefined : judge(today, history).verdict;
    return now !== undefined && isSame(verdict, now) ? [] : [{ checker, then: verdict, now }];
  });
  if (isAttempt(plan)) return known;
  const asked = new Set(verdicts.map(({ checker }) => checker));
  const further = checkersFor(history).filter(({ name }) => !asked.has(name)).map((one) => judge(one, history));
  return [...known, ...further.filter(({ verdict }) => verdict.verdict !== 'held').map(({ checker, verdict }) => ({ checker, then: undefined, now: verdict }))];
}

function isAttempt(plan: unknown): boolean {
  return typeof plan === 'object' && plan !== null && 'exploration' in plan;
}

function isSame(one: NamedVerdict['verdict'], other: NamedVerdict['verdict']): boolean {
  return reasonOf(one) === reasonOf(other);
}

function reasonOf(verdict: NamedVerdict['verdict']): string {
  switch (verdict.verdict) {
    case 'held':
      return 'held';
    case 'broken':
      return `broken: ${verdict.sentence}`;
    case 'unknown':
      return `unknown: ${verdict.reason}`;
  }
}

function wordsOf(verdict: NamedVerdict['verdict'] | undefined, none: string): string {
  return verdict === undefined ? none : reasonOf(verdict).replaceAll(/\s*\n\s*/g, ' ');
}

function say(text: string, status = 0): number {
  process.stdout.write(harmless(text));
  return status;
}

function refused(message: string): StampedeError {
  return new StampedeError('CONFIG_INVALID', message, { hint: 'npm run recheck -- --help' });
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options: { help: { type: 'boolean', short: 'h' } } });
  } catch (cause) {
    throw refused(cause instanceof Error ? cause.message : String(cause));
  }
}
