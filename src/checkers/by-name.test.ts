// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkerNamed } from './by-name.ts';
import type { Checker } from './checker.ts';

const folder = import.meta.dirname;

it('knows every checker that there is, and each by a name of its own', async () => {
  const files = readdirSync(folder).filter((name) => /^[\w-]+\.ts$/.test(name) && !name.startsWith('test-'));
  const modules = await Promise.all(files.map(async (name) => (await import(join(folder, name))) as Readonly<Record<string, unknown>>));
  const found = modules.flatMap((module) => Object.values(module)).filter((value): value is Checker => typeof value === 'object' && value !== null && 'check' in value && 'name' in value);
  expect(found.length).toBeGreaterThan(20);
  expect(found.filter((checker) => checkerNamed(checker.name) !== checker)).toEqual([]);
});

it('knows none by a name that none has', () => {
  expect(checkerNamed('nothing')).toBeUndefined();
});
