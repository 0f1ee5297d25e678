// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conformanceProgram } from '../conformance/registry-program.ts';
import { toolOrSkip } from '../foundation/tools.ts';
import { projectRoot, TestProject } from './test-project.ts';

let project: TestProject;

beforeAll(async () => (project = await TestProject.open()));
afterAll(async () => await project.close());

describe.skipIf(toolOrSkip('conformance') === undefined)('npm run conformance:registry', { timeout: 60_000 }, () => {
  it('finds no failure in the embedded registry, with the settings of the program itself, referrers and sha512 among them', async () => {
    const results = join(project.folder, 'results');
    const { status, lastLine, output } = await project.start(['conformance', 'registry', '--results', results]).ended;
    expect({ status, output }).toMatchObject({ status: 0 });
    const [, passed, failed] = /^(\d+) passed, (\d+) failed, \d+ skipped$/.exec(lastLine) ?? [];
    expect(Number(failed)).toBe(0);
    expect(Number(passed)).toBeGreaterThan(800);
    const report = readFileSync(join(results, 'results.yaml'), 'utf8');
    for (const line of ['sha512: true', 'referrer: true', 'Referrers: Pass', 'Blobs sha512: Pass']) expect(report).toContain(line);
    expect(existsSync(join(results, 'junit.xml'))).toBe(true);
    expect(project.leftSessions()).toEqual([]);
  });

  it.each([['token authentication, https', ['--auth', 'token', '--tls']], ['basic authentication', ['--auth', 'basic']]])('nor in one with %s', async (how, args) => {
    const { status, lastLine, output } = await project.start(['conformance', 'registry', ...args]).ended;
    expect({ status, output }).toMatchObject({ status: 0 });
    expect(output).toContain(`the embedded registry (${how})`);
    expect(lastLine).toMatch(/^8\d\d passed, 0 failed, \d+ skipped$/);
  });

  it.each([['--set', 'PASSWORD=wrong'], ['--set', 'USERNAME=']])('finds failures where it does not log in: %s %s', async (...args) => {
    const { status, output } = await project.start(['conformance', 'registry', '--auth', 'token', ...args]).ended;
    expect({ status, output }).toMatchObject({ status: 1 });
    expect(output).toMatch(/\n\d+ passed, [1-9]\d* failed, /);
  });

  it('fails where there is no registry to judge', async () => {
    const { status, output } = await project.start(['conformance', 'registry', '--url', 'http://127.0.0.1:9']).ended;
    expect({ status, last: output.includes('connection refused') }).toEqual({ status: 1, last: true });
  });
});

describe('npm run conformance', () => {
  it.each([
    ['conformance'],
    ['conformance', 'printer'],
    ['conformance', 'registry', '--url', 'nowhere'],
    ['conformance', 'registry', '--set', 'sha512'],
    ['conformance', 'registry', '--bogus'],
    ['conformance', 'registry', '--auth', 'bearer'],
    ['conformance', 'registry', '--url', 'http://127.0.0.1:9', '--tls'],
  ])('refuses %s %s %s %s %s', async (...args) => {
    const { status, output } = await project.start(args.filter((word) => word !== undefined)).ended;
    expect(output).toContain('CONFIG_INVALID: ');
    expect(status).toBe(2);
  });

  it('is of the version that is installed for other tests, too', () => {
    expect(readFileSync(join(projectRoot, '.ci', 'run'), 'utf8')).toContain(conformanceProgram.module);
  });
});
