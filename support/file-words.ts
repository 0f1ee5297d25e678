// SPDX-License-Identifier: Apache-2.0
import { writeNamedFile } from '../src/scenario/fixtures.ts';
import type { StampedeWorld } from './world.ts';

/** The file's name may have variables in it, its content keeps them. */
export async function haveFileAsWritten({ scenario }: StampedeWorld, name: string, content: string): Promise<void> {
  await writeNamedFile(scenario, name, content, { asWritten: true });
}
