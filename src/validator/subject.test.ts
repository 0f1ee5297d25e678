// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSubject, serialArgumentsOf, type SubjectFile } from './subject.ts';

const shipped = fileURLToPath(new URL('../../subjects', import.meta.url));
const least: SubjectFile = { name: 'x', description: 'a validator', program: { kind: 'given' }, cacheDirectory: '${HOME}/cache' };
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'subject-test-'));
  for (const name of ['one', 'two']) write(`${name}.ts`, { ...least, name });
});

afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, subject: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, `export const subject: Readonly<Record<string, unknown>> = ${JSON.stringify(subject)};\n`);
  return file;
}

async function messageOf(loading: Promise<unknown>): Promise<string> {
  return await loading.then(
    () => 'nothing was thrown',
    (error: Error) => error.message,
  );
}

describe('loadSubject', () => {
  it.each(['ec', 'reference'])('loads %s, which is shipped', async (name) => {
    const subject = await loadSubject(name, shipped);
    expect(subject.name).toBe(name);
    expect(Object.isFrozen(subject)).toBe(true);
  });

  it('fills in what may be left out', async () => {
    expect(await loadSubject('one', folder)).toEqual({ ...least, name: 'one', arguments: [], cacheEntries: 'by-digest', environment: {}, serialArguments: [], noCacheEnvironment: {}, door: 'forward', registry: { auth: 'none', tls: false }, unknownVariables: 'error', deadlineMs: 60_000 });
  });

  it('loads a file of the user, in a folder of CommonJS too', async () => {
    writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}');
    expect((await loadSubject(join(folder, 'two.ts'), shipped)).name).toBe('two');
  });

  it('names every field that is wrong, at once', async () => {
    const wrong = { ...least, name: '', program: { kind: 'found' }, cacheDirectory: undefined, serialArguments: '--workers=1', deadlineMs: 1.5, noCacheEnviroment: {} };
    const loading = loadSubject(write('wrong.ts', wrong), folder);
    await expect(loading).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    const message = await messageOf(loading);
    for (const field of ['name', 'program.kind', 'cacheDirectory', 'serialArguments', 'deadlineMs', 'noCacheEnviroment']) expect(message).toContain(field);
  });

  it.each(['/var/cache/layers', 'layers', '~/layers', '${XDG_CACHE_HOME}', '${HOME}/', '${HOME}/../layers', '${HOME}/a/./b', '${HOME}/a//b', '${TMPDIR}/layers', '${HOME}s/layers'])('refuses a cache in %s, which is not of one scenario: it is emptied and damaged', async (cacheDirectory) => {
    const message = await messageOf(loadSubject(write('elsewhere.ts', { ...least, cacheDirectory }), folder));
    expect(message).toContain('cacheDirectory: is a folder below ${HOME} or ${XDG_CACHE_HOME}, of which each scenario has its own');
  });

  it('takes one in any folder below HOME', async () => {
    const cacheDirectory = '${HOME}/.cache/a b/..c';
    expect((await loadSubject(write('below.ts', { ...least, cacheDirectory }), folder)).cacheDirectory).toBe(cacheDirectory);
  });

  it('names the subjects that there are', async () => {
    const loading = loadSubject('three', folder);
    await expect(loading).rejects.toMatchObject({ code: 'SUBJECT_UNKNOWN', hint: expect.stringMatching(/one, two/) as string });
  });

  it('refuses a file that exports no subject, or is broken', async () => {
    const nothing = join(folder, 'nothing.ts');
    writeFileSync(nothing, 'export const other = 1;\n');
    await expect(loadSubject(nothing, folder)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    const broken = join(folder, 'broken.ts');
    writeFileSync(broken, 'export const subject = {\n');
    await expect(loadSubject(broken, folder)).rejects.toMatchObject({ code: 'SUBJECT_UNKNOWN' });
  });
});

describe('serialArgumentsOf', () => {
  it('are those of every command, or of the longest beginning that fits', () => {
    expect(serialArgumentsOf({ serialArguments: ['-1'] }, ['anything'])).toEqual(['-1']);
    const serialArguments = { validate: ['a'], 'validate image': ['b', 'c'] };
    const of = (line: string): readonly string[] => serialArgumentsOf({ serialArguments }, line.split(' '));
    expect(of('validate image --image x')).toEqual(['b', 'c']);
    expect(of('validate input')).toEqual(['a']);
    expect([of('version'), of('validated image'), of('image validate image')]).toEqual([[], [], []]);
  });
});
