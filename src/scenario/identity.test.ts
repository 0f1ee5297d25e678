// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { isRepository } from '../oci/reference.ts';
import { identify, type ScenarioPlace } from './identity.ts';

const place: ScenarioPlace = { feature: 'cache/cold', rule: undefined, name: 'two readers', row: undefined, uri: 'features/cache/cold.feature', line: 3 };

it('titles say rule, name and row', () => {
  expect(identify(place).title).toBe('two readers');
  expect(identify({ ...place, rule: 'one process', row: 2 }).title).toBe('one process > two readers (row 2)');
});

it('ids depend on names alone: neither line nor folder of the checkout counts', () => {
  const { id } = identify(place);
  expect(identify({ ...place, line: 99, uri: '/elsewhere/features/cache/cold.feature' }).id).toBe(id);
  // Written down: ids are part of stored runs.
  expect(id).toBe('s-32f705e3');
});

it('ids differ by feature, rule, name and row', () => {
  const others = [place, { ...place, feature: 'cache/warm' }, { ...place, rule: 'r' }, { ...place, name: 'n' }, { ...place, row: 1 }, { ...place, row: 2 }];
  expect(new Set(others.map((other) => identify(other).id)).size).toBe(others.length);
});

it('ids can begin a repository, and a path of a URL, whatever the scenario is called', () => {
  for (const name of ['', 'ÄÖÜ ✓', '../../etc', 'a b?c#d%', 'x'.repeat(5000)]) {
    const { id } = identify({ ...place, name });
    expect(isRepository(`${id}/image`)).toBe(true);
    expect(encodeURIComponent(id)).toBe(id);
  }
});
