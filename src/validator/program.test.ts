// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireProgram } from './program.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'program-test-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer, mode = 0o755): string {
  const path = join(folder, name);
  writeFileSync(path, content, { mode });
  return path;
}

const refused = (code: string): Error => expect.objectContaining({ code, hint: expect.any(String) as string }) as Error;

describe('requireProgram', () => {
  it.each([
    ['a program', () => process.execPath],
    ['a script', () => file('script', '#!/bin/sh\n')],
    ['a script with a blank and an argument', () => file('env', '#! /usr/bin/env -S node --no-warnings\n')],
  ])('accepts %s', (_what, path) => {
    expect(() => requireProgram(path())).not.toThrow();
  });

  it.each([
    ['a file that is not there', 'VALIDATOR_MISSING', () => join(folder, 'nothing')],
    ['a folder', 'VALIDATOR_NOT_EXECUTABLE', () => (mkdirSync(join(folder, 'folder')), join(folder, 'folder'))],
    ['a file without permission', 'VALIDATOR_NOT_EXECUTABLE', () => file('plain', '#!/bin/sh\n', 0o644)],
  ])('refuses %s', (_what, code, path) => {
    expect(() => requireProgram(path())).toThrow(refused(code));
  });

  it.runIf(process.platform === 'linux').each([
    ['an empty file, which a shell would pass', () => file('empty', '')],
    ['a text, which a shell would try', () => file('text', 'this is no program\n')],
    ['a script whose interpreter is not there', () => file('interpreter', '#!/nowhere/sh\n')],
    ['a script that names none', () => file('none', '#!\n')],
    [
      'a program for another machine',
      () => {
        const program = readFileSync('/bin/sh');
        program.writeUInt16LE(0xf00d, 18);
        return file('foreign', program);
      },
    ],
  ])('refuses %s', (_what, path) => {
    expect(() => requireProgram(path())).toThrow(refused('VALIDATOR_NOT_EXECUTABLE'));
  });
});
