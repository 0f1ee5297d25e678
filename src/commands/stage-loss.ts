// SPDX-License-Identifier: Apache-2.0
import { describeError, ExitStatus, type StampedeError } from '../foundation/errors.ts';
import type { ResourceStack } from '../foundation/resources.ts';

/**
 * What to do when a service ends in the middle: say so, release everything, end as a failure of the harness. Going on
 * would only blame validators for a stage that is gone.
 */
export function endOnLoss(report: { line(text: string): void }, resources: ResourceStack): (error: StampedeError) => void {
  let isEnding = false;
  return (error) => {
    if (isEnding) return;
    isEnding = true;
    report.line(`\n${describeError(error)}`);
    void resources[Symbol.asyncDispose]()
      .catch((failure: unknown) => process.stderr.write(`${describeError(failure)}\n`))
      .finally(() => process.exit(ExitStatus.harness));
  };
}
