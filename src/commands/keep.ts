// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunContext } from '../config.ts';
import type { TerminalReport } from '../report/terminal.ts';
import { describeStage } from '../stage/describe.ts';

/** In the stored run: how the last validator was started, as a shell script. */
export const lastValidatorFile = 'last-validator.sh';

/**
 * Leaves the stage up until Ctrl-C, and says where everything is and how the last validator was started.
 * The signal itself is handled by the command, which then cleans up.
 */
export async function keepStage(context: RunContext, report: TerminalReport): Promise<void> {
  report.line(`\n${describeStage(context.addresses)}`);
  const script = await readFile(join(context.runFolder, lastValidatorFile), 'utf8').catch(() => undefined);
  if (script !== undefined) report.line(`the last validator, to run again: sh ${join(context.runFolder, lastValidatorFile)}\n\n${script}`);
  report.line('the stage stays up until Ctrl-C');
  // The services keep the process alive; the interruption's own clean-up ends it.
  await new Promise<never>(() => undefined);
}
