// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { gatesFor } from './plan.ts';

const meeting = { parties: 3, participants: ['one', 'two', 'three'], layers: ['sha256:a', 'sha256:b'], repositories: ['s/one', 's/two', 's/three'], timeoutMs: 500 };

it('holds nobody who is alone', () => {
  expect(gatesFor({ ...meeting, meeting: 'alone' })).toEqual([]);
});

it('holds each process at its first manifest until all have asked for one', () => {
  const until = { kind: 'arrivals', parties: 'participant', count: 3 };
  expect(gatesFor({ ...meeting, meeting: 'first-request' })).toEqual([{ name: 'first-request', hold: { resource: 'manifest' }, until, timeoutMs: 500 }]);
});

it.each(['shared-layer', 'own-layer'] as const)('holds each process at a layer (%s) until each asks for one or waits', (name) => {
  const until = { kind: 'standstill', parties: 'participant', count: 3 };
  const hold = { resource: 'blob', references: meeting.layers };
  expect(gatesFor({ ...meeting, meeting: name })).toEqual([{ name, hold, until, timeoutMs: 500 }]);
});

it('holds the first layer of one process until every component was asked about', () => {
  const until = { kind: 'requests', parties: 'repository', count: 3, of: { resource: 'manifest', repositories: meeting.repositories } };
  const hold = { resource: 'blob', references: meeting.layers };
  expect(gatesFor({ ...meeting, meeting: 'components' })).toEqual([{ name: 'components', hold, until, timeoutMs: 500 }]);
});

it('holds the first in the middle of a layer, and lets the others begin then', () => {
  const [half, others] = gatesFor({ ...meeting, meeting: 'half-layer' });
  expect(half).toMatchObject({ at: 'middle', hold: { participants: ['one'] }, until: { kind: 'standstill' } });
  expect(others).toMatchObject({ hold: { resource: 'manifest', participants: ['two', 'three'] }, until: { kind: 'reached', gate: 'half-layer' } });
});
