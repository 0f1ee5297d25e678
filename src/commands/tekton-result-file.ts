// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { wallClock } from '../foundation/clock.ts';
import { describeError, StampedeError } from '../foundation/errors.ts';
import type { NightSummary } from '../nightly/summary.ts';
import { erredOutput, testOutput, type TestOutput } from '../report/night/tekton-result.ts';

/**
 * Keeps a file with what a task's result TEST_OUTPUT is to be, if one is wanted. It says ERROR until the verdict is there: whatever ends this
 * process leaves no other word. `action` adds what it told to the list it is given.
 * @throws StampedeError CONFIG_INVALID where the file can't be written, before anything else is done
 */
export async function withTestOutput(file: string | undefined, action: (told: NightSummary[]) => Promise<number>): Promise<number> {
  const told: NightSummary[] = [];
  if (file === undefined) return await action(told);
  await write(file, erredOutput('the night did not come to its end', wallClock())).catch((cause: unknown) => {
    throw new StampedeError('CONFIG_INVALID', `--test-output ${file} can't be written`, { cause, hint: 'give the name of a file in a folder that is there' });
  });
  try {
    const status = await action(told);
    await write(file, testOutput(told, status, wallClock()));
    return status;
  } catch (error) {
    await write(file, erredOutput(describeError(error), wallClock())).catch(() => undefined);
    throw error;
  }
}

async function write(file: string, output: TestOutput): Promise<void> {
  await writeFile(file, `${JSON.stringify(output)}\n`);
}
