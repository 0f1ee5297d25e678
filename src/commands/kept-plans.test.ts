// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { plannedLayers, usualShape } from '../explore/workload.ts';
import { root } from '../foundation/root.ts';
import { readPlan } from '../scenario/stored-plan.ts';

const regressions = join(root, 'features', 'regressions');

// Whoever replays a plan after its images have changed would hold a layer that nobody reads.
it.each(readdirSync(regressions))('the plan of the regression %s names layers that its images have', async (name) => {
  const { gates, exploration } = await readPlan(join(regressions, name, 'plan.json'));
  if (exploration === undefined) throw new Error('it was kept from an exploration');
  const { all } = await plannedLayers(exploration.participants, exploration.workload ?? usualShape);
  const held = gates.flatMap(({ hold }) => ('references' in hold ? (hold.references ?? []) : []));
  expect(all.map(({ digest }) => digest)).toEqual(expect.arrayContaining(held.filter((one) => one.startsWith('sha256:'))));
});
