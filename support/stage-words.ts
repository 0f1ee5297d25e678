// SPDX-License-Identifier: Apache-2.0
import { haveEmptyTuf } from '../src/scenario/tuf.ts';
import type { StampedeWorld } from './world.ts';

/** A root of trust with nothing in it. */
export async function haveTuf({ scenario }: StampedeWorld): Promise<void> {
  await haveEmptyTuf(scenario);
}
