// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestNamed, pathsBelow } from './cache-files.ts';

const hex = 'a1'.repeat(32);

describe('the digest that a file is named after', () => {
  it.each([`sha256:${hex}`, `sha256-${hex}`, `blobs/sha256/${hex}`, `sha256/${hex}`, `layers/sha256:${hex}`])('is known from %s', (path) => {
    expect(digestNamed(path)).toBe(`sha256:${hex}`);
  });

  it.each(['index.json', hex, `ingest/${hex}`, `sha256/${hex}_123`, `sha256:${hex}.tmp`, `sha256/${hex.toUpperCase()}`])('is none for %s', (path) => {
    expect(digestNamed(path)).toBeUndefined();
  });
});

describe('what lies in a cache', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cache-files-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('is in folders below it, too, and a folder that holds nothing counts', async () => {
    mkdirSync(join(folder, 'blobs', 'sha256'), { recursive: true });
    mkdirSync(join(folder, 'ingest'));
    for (const path of ['index.json', `blobs/sha256/${hex}`]) writeFileSync(join(folder, path), 'x');
    expect(pathsBelow(folder)).toEqual([`blobs/sha256/${hex}`, 'index.json', 'ingest']);
  });

  it('is not looked for in a folder that took the name of an entry, nor behind a link', async () => {
    mkdirSync(join(folder, `sha256:${hex}`));
    writeFileSync(join(folder, `sha256:${hex}`, 'inside'), 'x');
    symlinkSync('/', join(folder, 'link'));
    expect(pathsBelow(folder)).toEqual(['link', `sha256:${hex}`]);
  });

  it('is nothing where there is no folder', async () => {
    expect(pathsBelow(join(folder, 'none'))).toEqual([]);
  });
});
