// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { usualValues } from './usual-values.ts';

it.each([
  ['2026-01-31T23:59:59.999Z', '2026-03-02T00:00:00Z'],
  ['2026-11-27T00:00:00.000Z', '2026-12-27T00:00:00Z'],
  ['2027-12-15T12:00:00.000+05:00', '2028-01-14T00:00:00Z'],
])('thirty days after %s begin at %s', (now, then) => {
  expect(usualValues(new Date(now))['TODAY_PLUS_30_DAYS']).toBe(then);
});
