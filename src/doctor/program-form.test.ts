// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeForm, lacksLoader, programForm } from './program-form.ts';

const isUsual = process.platform === 'linux' && process.arch === 'x64';
let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'form-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function written(bytes: string | Buffer): string {
  const path = join(folder, 'program');
  writeFileSync(path, bytes, { mode: 0o755 });
  return path;
}

describe('the form of a program', () => {
  it.skipIf(!isUsual)('static Go is told by a table of its own, even when it is stripped, and by having no loader', () => {
    const require = createRequire(import.meta.url);
    const esbuild = join(dirname(require.resolve('esbuild/package.json')), '..', '@esbuild', 'linux-x64', 'bin', 'esbuild');
    expect(programForm(esbuild)).toEqual({ kind: 'binary', isGo: true, loader: undefined });
    expect(describeForm(programForm(esbuild))).toBe('static Go binary');
  });

  it.skipIf(!isUsual)('a dynamic binary has a loader, which may not be there', () => {
    const own = programForm(process.execPath);
    expect(own).toMatchObject({ kind: 'binary', isGo: false });
    expect(lacksLoader(own)).toBe(false);
    const head = readFileSync(process.execPath).subarray(0, 64 * 1024).toString('latin1');
    const foreign = programForm(written(Buffer.from(head.replace('/ld-linux', '/ld-other'), 'latin1')));
    expect(lacksLoader(foreign)).toBe(true);
  });

  it.each([
    ['#!/bin/sh\nreal "$@"\n', 'sh', true],
    ['#!/usr/bin/env bash\n  exec real "$@"\n', 'bash', false],
    ['#!/bin/sh\nexec 2>log\nreal "$@"\n', 'sh', true],
    ['#!/usr/bin/env -S node --no-warnings\n1\n', 'node', false],
    ['#!/usr/bin/python3\n', 'python3', false],
  ])('script %#: %s', (text, interpreter, isWrapper) => {
    expect(programForm(written(text))).toEqual({ kind: 'script', interpreter, isWrapper });
  });

  it('what is cut off in its headers is none that is known', () => {
    expect(programForm(written('\x7fELF\x02\x01')).kind).toBe('other');
    expect(programForm(join(folder, 'none')).kind).toBe('unreadable');
  });
});
