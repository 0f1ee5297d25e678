// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { nightOf } from './test-records.ts';
import { buildsInOrder, compareVersions, versionOf } from './versions.ts';

it('versions are in the order of semver.org', () => {
  const inOrder = ['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2', '1.0.0-beta.11', '1.0.0-rc.1', '1.0.0', 'v1.0.1', '1.2', '1.10.0', '2'];
  for (const [at, one] of inOrder.entries()) for (const [to, other] of inOrder.entries()) expect(Math.sign(compareVersions(one, other) ?? NaN), `${one} ${other}`).toBe(Math.sign(at - to));
  expect(compareVersions('1.0.0+one', 'v1')).toBe(0);
  expect(compareVersions('main', '1.0')).toBeUndefined();
});

it('a build that looks like a version is one, a digest is none', () => {
  expect(versionOf({ build: 'v0.6.131' })).toBe('v0.6.131');
  expect(versionOf({ build: '20261127' })).toBeUndefined();
  expect(versionOf({ build: 'sha256-0123' })).toBeUndefined();
  expect(versionOf({ build: 'v1.0', version: '2' })).toBe('2');
});

it('builds are in the order of versions, or of nights where one has none', () => {
  const night = (id: string, ...builds: string[]) => nightOf(id, { targets: builds.map((build, at) => ({ name: `t${at}`, subject: 'ec', build })) });
  const order = (...nights: ReturnType<typeof night>[]) => buildsInOrder(nights, 'ec').map(({ build }) => build);
  expect(order(night('a', 'v0.10.0'), night('b', 'v0.9.1', 'v0.10.0'))).toEqual(['v0.9.1', 'v0.10.0']);
  expect(order(night('a', 'v0.10.0'), night('b', 'v0.9.1', 'main'))).toEqual(['v0.10.0', 'v0.9.1', 'main']);
  expect(buildsInOrder([night('a', 'x')], 'other')).toEqual([]);
});
