// SPDX-License-Identifier: Apache-2.0
import { expectEnvelopeFiles, expectUpload, tellLog, type LogOrder } from '../src/scenario/log-answers.ts';
import type { StampedeWorld } from './world.ts';

/** From now on the log answers so. */
export async function haveLog({ scenario }: StampedeWorld, order: LogOrder): Promise<void> {
  await tellLog(scenario, order);
}

/** The log took what the last run sent. */
export function expectUploaded({ scenario }: StampedeWorld): void {
  expectUpload(scenario);
}

export async function expectEnvelopes({ scenario }: StampedeWorld, folder: string): Promise<void> {
  await expectEnvelopeFiles(scenario, folder);
}
