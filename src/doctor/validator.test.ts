// SPDX-License-Identifier: Apache-2.0
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSubject } from '../validator/subject.ts';
import type { Check } from './check.ts';
import { validatorCheck } from './validator.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'doctor-validator-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const subject = await loadSubject('ec', join(import.meta.dirname, '../../subjects'));

async function check(program: string): Promise<Check> {
  return await validatorCheck({ subject, validator: [program], folder, ledgerFile: join(folder, 'ledger'), searchPath: '/usr/bin:/bin', answerWithinMs: 300 });
}

async function checkScript(text: string): Promise<Check> {
  const path = join(folder, 'validator');
  writeFileSync(path, `#!/bin/sh\n${text}`, { mode: 0o755 });
  return await check(path);
}

describe('a validator that is asked', () => {
  it('tells its version', async () => {
    const found = await checkScript('exec echo "v1.2 of $1"\n');
    expect(found).toEqual({ name: 'validator', state: 'ok', found: 'script of sh, v1.2 of version' });
  });

  it('is none that hangs; what it has started goes with it', async () => {
    const found = await checkScript(`sleep 60 & echo $! > ${join(folder, 'pid')}; wait; exec true\n`);
    expect(found).toMatchObject({ state: 'limited', found: 'script of sh: answers neither version nor --help in time' });
    expect(existsSync(`/proc/${readFileSync(join(folder, 'pid'), 'utf8').trim()}/exe`)).toBe(false);
  });

  it('may know neither word', async () => {
    expect(await checkScript('[ "$1" = validate ] || exit 1; exec true\n')).toMatchObject({ state: 'ok', found: 'script of sh, tells no version' });
  });

  it('may flood its output', async () => {
    expect((await checkScript('exec yes version\n')).state).not.toBe('missing');
  });

  it('that dies is of no use', async () => {
    const found = await checkScript('kill -s SEGV $$; exec true\n');
    expect(found).toMatchObject({ state: 'missing', stops: expect.arrayContaining(['acceptance']) });
    expect(found.found).toContain('ended by SIGSEGV');
  });

  it('that is a shell around the real one is not held after its file calls', async () => {
    const found = await checkScript('echo v1; true "$@"\n');
    expect(found).toMatchObject({ state: 'limited', found: 'script of sh, v1', blurs: ['explore with file calls'] });
  });

  it.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('that lacks its loader is told by that', async () => {
    const path = join(folder, 'program');
    copyFileSync(process.execPath, path);
    chmodSync(path, 0o755);
    writeFileSync(path, Buffer.from(readFileSync(path).toString('latin1').replace('/ld-linux', '/ld-other'), 'latin1'));
    expect((await check(path)).found).toMatch(/^dynamic binary: its loader \S+ld-other\S+ is not there$/);
  });
});
