// SPDX-License-Identifier: Apache-2.0
import { statSync } from 'node:fs';
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { readSettings } from '../config.ts';
import { attempt, type Attempt } from '../explore/attempt.ts';
import { causeKey, causeOf } from '../explore/cause.ts';
import { schedulesNamed } from '../explore/schedule.ts';
import type { StoredAttempt } from '../explore/stored-attempt.ts';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import type { ResourceStack } from '../foundation/resources.ts';
import { root } from '../foundation/root.ts';
import { TerminalReport } from '../report/terminal.ts';
import { attemptToReplay, optionsIn } from './explore-input.ts';
import { withResources } from './interrupt.ts';
import { openExploration } from './open-exploration.ts';
import { replayBundle } from './reproduce-bundle.ts';
import { rateOf } from './reproduce-words.ts';

const usage = `npm run replay -- FOLDER|BUNDLE [options]

Forces a failure again: that of an attempt which is stored in a folder, as explore and reproduce print it, or that of a bundle. Says FAILED where it still shows, FIXED where
it was forced each time and does not.

  --binary PATH   another build than the one that failed then
  --subject FILE  for a bundle about a program that it can't bring along
  --fixed         without the planted bug that failed then
  --times N       of an attempt: how often; default: 5
  --store DIR  --deadline MS  --gate-timeout MS  --seed SEED

exit status: 0 FIXED, 1 FAILED, 3 it could not be forced each time, 2 usage, 4 harness
`;

type Values = ReturnType<typeof parse>['values'];

/** `replay`: whether a failure that was stored still shows. */
export async function replayCommand(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parse(argv);
  if (values.help === true) {
    process.stdout.write(usage);
    return ExitStatus.held;
  }
  const [what] = positionals;
  if (what === undefined || positionals.length > 1) throw refused(`one folder or bundle is replayed at a time, not ${positionals.length}`);
  const found = statSync(what, { throwIfNoEntry: false });
  if (found === undefined) throw refused(`${what} is not there`);
  const stored = found.isDirectory() ? await attemptToReplay([what], []) : undefined;
  if (stored !== undefined && stored.verdict !== 'broken') throw refused(`the attempt in ${what} ${stored.verdict === undefined ? 'did not come to its end' : `was ${stored.verdict}`}: there is no failure in it`);
  const times = timesOf(values.times);
  const terminal = new TerminalReport({ out: process.stdout, root, again: `npm run replay -- ${what}` });
  return await withResources(terminal, async (resources) => {
    if (stored !== undefined) return await replayAttempt(stored, { values, times, terminal, resources });
    return await replayBundle({ file: what, subject: values.subject, binary: values.binary, isFixed: values.fixed === true, given: values }, terminal, resources);
  });
}

interface Replaying {
  readonly values: Values;
  readonly times: number;
  readonly terminal: TerminalReport;
  readonly resources: ResourceStack;
}

async function replayAttempt(stored: StoredAttempt, { values, times, terminal, resources }: Replaying): Promise<number> {
  const { exploration: { schedule: name, participants, plantedBug, isWithoutCache = false, workload }, plan: { gates, turns } } = stored;
  // Another build has no planted bug.
  const bug = values.fixed === true || values.binary !== undefined ? undefined : plantedBug;
  const settings = readSettings(settingsOf(stored, values));
  const exploration = await openExploration({ settings, participants, plantedBug: bug, isWithoutCache, shape: workload }, terminal, resources);
  const [schedule] = schedulesNamed(name, participants);
  if (schedule === undefined) throw new TypeError(`${name} is a schedule`);
  const forced = gates.length === 0 && turns === undefined ? {} : { forced: { gates, ...(turns === undefined ? {} : { turns }) } };
  const made: Attempt[] = [];
  for (let run = 0; run < times; run += 1) {
    terminal.live(`  … ${run} of ${times}, ${name}`);
    made.push(await attempt(schedule, { ...exploration, ...forced }));
  }
  return told(made, terminal);
}

function told(made: readonly Attempt[], terminal: TerminalReport): number {
  const broken = made.filter(({ verdict }) => verdict === 'broken');
  const [first] = broken;
  if (first !== undefined) {
    const cause = causeOf(first.schedule, first.verdicts);
    terminal.line(`FAILED     ${rateOf({ hits: broken.length, runs: made.length })}${cause === undefined ? '' : `: ${causeKey(cause)}`}`);
    terminal.line(`stored     ${relative(process.cwd(), first.folder)}`);
    return ExitStatus.broken;
  }
  const held = made.filter(({ verdict }) => verdict === 'held').length;
  if (held < made.length) {
    terminal.line(`UNKNOWN    it does not show, and could not be forced in ${made.length - held} of ${made.length} times`);
    return ExitStatus.unknown;
  }
  terminal.line(`FIXED      forced ${made.length} times, it does not show any more: ${rateOf({ hits: 0, runs: made.length })}`);
  return ExitStatus.held;
}

/** As stored; what is given wins. */
function settingsOf(stored: StoredAttempt, { binary, store, deadline, 'gate-timeout': gateTimeout, seed, subject }: Values): Readonly<Record<string, string>> {
  const then = optionsIn(stored);
  const values = { subject: subject ?? then.subject, binary: binary ?? then.binary, runs: store, deadline: deadline ?? then.deadline, gateTimeout: gateTimeout ?? then['gate-timeout'], seed: seed ?? then.seed };
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function timesOf(text = '5'): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw refused(`--times ${text} is not a count from 1`);
}

function refused(message: string): StampedeError {
  return new StampedeError('CONFIG_INVALID', message, { hint: 'npm run replay -- --help' });
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const toggle = { type: 'boolean' } as const;
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options: { binary: text, subject: text, fixed: toggle, times: text, store: text, deadline: text, 'gate-timeout': text, seed: text, help: { ...toggle, short: 'h' } } });
  } catch (cause) {
    throw refused(cause instanceof Error ? cause.message : String(cause));
  }
}
