// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';
import { exploring } from './test-explore.ts';

const oras = toolOrSkip('oras');
const folder = mkdtempSync(join(tmpdir(), 'explore-subjects-'));
const explore = exploring(join(folder, 'runs'));

afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(oras === undefined)('a client of artifacts, whose cache is an OCI layout', () => {
  it('leaves a file out, with status 0, when another process puts the layer into the cache first, each time', () => {
    const { status, text, last } = explore('--subject', 'oras', '--binary', oras ?? '', '--replay', 'leader-fails/delay/request/1', '--times', '3');
    expect(text).not.toContain('without any race');
    expect(text).toMatch(/outcomes-agree \(scheduled run\): validator-1 differs/);
    expect(text).toMatch(/^ +- output file shared\.tar\.gz sha256:\w{64}$/m);
    expect(text).not.toMatch(/^ +[-+] exit status/m);
    expect(last).toMatch(/^3 of 3 schedules: 0 held, 3 broken/);
    expect(status).toBe(1);
  });

  it('has its entries looked at where they lie, below its cache', () => {
    const { text } = explore('--subject', 'oras', '--binary', oras ?? '', '--replay', 'damaged/flipped');
    expect(text).toMatch(/cache-intact \(scheduled run\): blobs\/sha256\/\w{64} holds other bytes than its name promises/);
  });

  it('holds without a cache', () => {
    const { status, last } = explore('--subject', 'oras', '--binary', oras ?? '', '--without-cache', '--schedule', 'leader-fails/delay', '--schedule', 'leader-follower/middle');
    expect(last).toMatch(/^(\d+) of \1 schedules: \1 held, 0 broken, 0 unknown/);
    expect(status).toBe(0);
  });
});

describe('a program that fails before it asks for anything', () => {
  it('is told with what it said, instead of schedules of which nothing is known', () => {
    const program = join(folder, 'program');
    writeFileSync(program, '#!/bin/sh\necho "unknown flag: $1" >&2\nexit 3\n');
    chmodSync(program, 0o755);
    const subject = { name: 'wrong', description: 'called wrongly', program: { kind: 'given' }, cacheDirectory: '${HOME}/cache', exploration: { arguments: ['--flag', '${IMAGE}'], withoutCache: ['--flag', '${IMAGE}'] } };
    writeFileSync(join(folder, 'wrong.ts'), `export const subject = ${JSON.stringify(subject)};\n`);
    const { status, errors } = explore('--subject', join(folder, 'wrong.ts'), '--binary', program);
    expect(errors).toMatch(/^SUBJECT_FAILS: .*\n.*program --flag registry\.local\/.*\n {2}unknown flag: --flag\n {2}try: see what the subject file of wrong says/);
    expect(status).toBe(2);
  });
});
