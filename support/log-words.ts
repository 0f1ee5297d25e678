// SPDX-License-Identifier: Apache-2.0
import { expectEnvelopeFiles, expectUpload, tellLog, type LogOrder } from '../src/scenario/log-answers.ts';
import { logSigned } from '../src/scenario/fixtures.ts';
import type { Signed } from '../src/scenario/signing.ts';
import type { StampedeWorld } from './world.ts';

export type { Signed };

/** From now on the log answers so. */
export async function haveLog({ scenario }: StampedeWorld, order: LogOrder): Promise<void> {
  await tellLog(scenario, order);
}

/** The log has what was signed of an image. */
export async function haveEntries({ scenario }: StampedeWorld, image: string, signed: Signed): Promise<void> {
  await logSigned(scenario, image, signed);
}

/** The log took what the last run sent. */
export function expectUploaded({ scenario }: StampedeWorld): void {
  expectUpload(scenario);
}

export async function expectEnvelopes({ scenario }: StampedeWorld, folder: string): Promise<void> {
  await expectEnvelopeFiles(scenario, folder);
}
