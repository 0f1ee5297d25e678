// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from './test-project.ts';

const { walls } = (await import(join(projectRoot, '.dependency-cruiser.mjs'))) as { readonly walls: Readonly<Record<string, readonly string[]>> };

// A newcomer reads the card, the machine reads the rules: they must say the same.
describe.each(Object.keys(walls))('the card of src/%s', (folder) => {
  const lines = readFileSync(join(projectRoot, 'src', folder, 'README.md'), 'utf8').trimEnd().split('\n');
  const card = Object.fromEntries(lines.filter((line) => /^\w[\w ]*: /.test(line)).map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]));

  it('names what may be imported as the rules do', () => {
    const named = (card['May import'] ?? '').split(/,\s*/).filter((name) => name !== '' && name !== 'nothing');
    const allowed = folder === 'foundation' ? [] : ['foundation', ...(walls[folder] ?? [])];
    expect(named.sort()).toEqual(allowed.sort());
  });

  it('has purpose, in, out and test', () => {
    for (const key of ['Purpose', 'In', 'Out', 'Test']) expect(card[key], key).toBeTruthy();
  });
});
