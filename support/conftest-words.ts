// SPDX-License-Identifier: Apache-2.0
import { expectConftestProduces, findConftest, type ConftestOrder } from '../src/scenario/conftest.ts';
import { pendingBecause } from './pending.ts';
import type { StampedeWorld } from './world.ts';

/** Pending where there is no conftest. */
export async function expectConftest(world: StampedeWorld, order: ConftestOrder): Promise<'pending' | void> {
  const program = findConftest(world.scenario);
  if (program === undefined) return pendingBecause(world, 'it needs conftest, which is not on the PATH: put it there, or name it with --conftest PATH');
  await expectConftestProduces(world.scenario, program, order);
}
