// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { copyTree } from '../foundation/copy-tree.ts';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import { root } from '../foundation/root.ts';
import type { TerminalReport } from '../report/terminal.ts';
import { redactor } from '../reproduce/bundle/redact.ts';
import type { Bench } from '../reproduce/case.ts';
import type { Pursuit } from '../reproduce/pursue.ts';
import { regressionFeature } from '../reproduce/regression.ts';
import { asTyped } from './draw-timeline.ts';

export interface KeepRequest {
  readonly pursuit: Pursuit;
  readonly bench: Bench;
  readonly binary: string | undefined;
  /** Below `features/regressions` of this folder. */
  readonly name: string;
  readonly features: string;
  readonly terminal: TerminalReport;
}

/** @throws StampedeError CONFIG_INVALID for what can't be a folder's name */
export function requireName(name: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,60}$/.test(name)) return name;
  throw new StampedeError('CONFIG_INVALID', `--keep ${JSON.stringify(name)} is no name: small letters, digits and dashes`, { hint: 'such as --keep cache-torn-read' });
}

/**
 * Writes the regression, and sees it fail on the build that has the bug and pass on the one that has not, before it says that it is kept; else it is taken away again.
 * @throws StampedeError CONFIG_INVALID where there is one of that name, SCHEDULE_INVALID for what no scenario can force
 */
export async function keepRegression({ pursuit, bench, binary, name, features, terminal }: KeepRequest): Promise<void> {
  const { report, shrunk } = pursuit;
  const shown = shrunk?.stability.shown;
  if (shrunk === undefined || shown === undefined) return;
  const folder = join(features, 'regressions', name);
  if (existsSync(folder)) throw new StampedeError('CONFIG_INVALID', `${asTyped(folder)} is there already`, { hint: 'choose another name, or remove it' });
  const text = regressionFeature({ report, smallest: shrunk.smallest, verdicts: shown.verdicts });
  const redact = redactor({ project: root, session: bench.context.sessionFolder });
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${name}.feature`);
  await writeFile(file, text);
  const { binary: _, ...rest } = report;
  await writeFile(join(folder, 'report.json'), `${JSON.stringify({ ...rest, subject: basename(report.subject) }, null, 2)}\n`);
  await writeFile(join(folder, 'plan.json'), redact(await readFile(join(shown.folder, 'scheduled', 'plan.json'), 'utf8')));
  const trouble = await checked(file, { plantedBug: report.plantedBug, subject: bench.context.subject, binary, features });
  if (trouble === undefined) return terminal.line(`kept       ${asTyped(file)}: it fails where the bug is${report.plantedBug === undefined ? '' : ', and passes on the safe cache'}`);
  const aside = join(bench.context.runFolder, `not-kept-${name}`);
  await copyTree(folder, aside);
  await rm(folder, { recursive: true });
  terminal.line(`not kept   ${trouble}; what was tried is in ${asTyped(aside)}`);
}

interface Checked {
  readonly plantedBug: string | undefined;
  readonly subject: string;
  readonly binary: string | undefined;
  readonly features: string;
}

/** Where the bug is, a hang may be what is to be seen: nobody waits the usual minute for it. */
const deadlineWithBug = '15000';

/** What is wrong with it; undefined where nothing is. */
async function checked(file: string, { plantedBug, subject, binary, features }: Checked): Promise<string | undefined> {
  const usual = ['--features', features, '--subject', subject, ...(binary === undefined ? [] : ['--binary', binary])];
  const withBug = await acceptance([file, ...usual, '--deadline', deadlineWithBug, ...(plantedBug === undefined ? [] : ['--planted-bug', plantedBug])]);
  if (withBug !== ExitStatus.broken) return `the feature does not fail where the bug is: it ends with ${withBug}`;
  if (plantedBug === undefined) return undefined;
  const without = await acceptance([file, ...usual]);
  return without === ExitStatus.held ? undefined : `the feature does not pass on the safe cache: it ends with ${without}`;
}

async function acceptance(args: readonly string[]): Promise<number | null> {
  const child = spawn(process.execPath, [join(root, 'bin', 'stampede.mjs'), 'acceptance', ...args], { cwd: root, stdio: 'ignore' });
  const [status] = (await once(child, 'exit')) as [number | null];
  return status;
}
