// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTool, toolOrSkip } from '../foundation/tools.ts';
import { projectRoot, TestProject, toldOf, type Ended } from './test-project.ts';

// The project's own features, unmodified, with a validator that has a known bug: each verdict must turn red for its own reason.

const strace = toolOrSkip('strace');
const schedules = join(projectRoot, 'features', 'shared-cache-schedules.feature');
let project: TestProject;

beforeAll(async () => {
  project = await TestProject.open();
});

afterAll(async () => await project.close());

async function run(scenario: string, ...flags: readonly string[]): Promise<Ended> {
  return await project.start(['acceptance', schedules, '--runs', join(project.folder, 'runs'), '--name', `^${scenario}$`, ...flags]).ended;
}

/** Bug, scenario, the step that is red, and what it says. */
const red: readonly (readonly [string, string, string, RegExp])[] = [
  ['in-place-write', 'the first has got one byte', 'no cache entry was ever visible half-written', /never-half-written: sha256:\w+ could be seen with \d+ bytes of it/],
  ['flight-per-instance', 'nobody has got anything', 'the shared layer was fetched once', /shared-fetched-once: the shared layer sha256:\w+ was fetched 3 times/],
  ['impatient-waiter', 'the first is so slow that the others lose patience', 'every validator reports what a serial run without cache reports', /outcomes-agree: validator-\d differs from the serial run without cache/],
  ['publish-refuses-existing', 'two write the same entry', 'every validator reports what a serial run without cache reports', /outcomes-agree: validator-\d differs/],
  ['stale-lock-file', 'the first is killed', 'no validator hangs', /ended: .*validator-2 did not end within its deadline/],
  ['broken-download-published', 'the one download that both wait for breaks', 'a later run on what is left comes out right', /(cache-intact|outcomes-agree) of a later run: /],
  ['waiters-told-success', 'the one download that both wait for breaks', 'the failure is told', /failure-told: validator-1 ended with status 0 although its download met reset/],
  ['error-remembered', 'the download of the first one breaks before the other one begins', 'the layer whose download failed is asked for again', /asked-again: sha256:\w+ was not asked for again/],
  ['one-lock-for-all', 'the first one downloads what nobody else needs', 'nobody waits for the first one', /not-delayed: validator-2 waited for a process from which nothing was needed/],
  ['any-error-is-a-miss', 'something that is no file where entries should be', 'the trouble with the cache is told', /trouble-told: nobody said anything of the trouble/],
  ['no-verification', 'truncated entries from before', 'every validator reports what a serial run without cache reports', /outcomes-agree: validator-\d differs/],
];

const redAfterCalls: typeof red = [
  ['size-published-first', 'the first stands after its close of an entry', 'every validator reports what a serial run without cache reports', /outcomes-agree: validator-\d differs/],
  ['stat-then-open', 'somebody makes room while the first one reads', 'every validator reports what a serial run without cache reports', /outcomes-agree: validator-\d differs/],
  ['write-error-ignored', 'the disk is full for the first one', 'every validator reports what a serial run without cache reports', /outcomes-agree: validator-\d differs/],
];

async function expectRed(bug: string, scenario: string, step: string, sentence: RegExp): Promise<void> {
  const { status, output, lastLine } = await run(scenario, '--planted-bug', bug, ...(bug === 'stale-lock-file' ? ['--deadline', '15000'] : []));
  expect(output).toMatch(new RegExp(`^stage embedded · subject reference · planted bug ${bug} · seed `));
  expect(output).toMatch(new RegExp(`^ {3}step {7}(Then|And) ${step}$`, 'm'));
  // A hang is another finding than the one that is wanted, but for a lock that is never given back.
  if (bug !== 'stale-lock-file') expect(output).not.toContain('exit status 143');
  expect(/VERDICT_BROKEN: (.+)/.exec(output)?.[1]).toMatch(sentence);
  expect(output).toContain(`--planted-bug ${bug} features/`);
  expect(lastLine).toMatch(/^1 scenario: ✔ 0 held, ✘ 1 broken/);
  expect(status).toBe(1);
}

describe('broken, exit status 1', () => {
  it.each(red)('%s: %s', expectRed);
  describe.skipIf(strace === undefined)('by a stop at a file call', () => {
    it.each(redAfterCalls)('%s: %s', expectRed);
  });
});

describe('unknown, exit status 3', () => {
  it('when the first one never comes to where it was to stand', async () => {
    const text = `Feature: f
  Scenario: warm
    Given a key pair named "known"
    And 2 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key
    And a file named "policy.json" containing
      """
      {}
      """
    When 2 validators share one cold cache and the first is held after 1 byte of the shared layer, with "validate image --image \${REGISTRY}/acceptance/bundle-\${PARTICIPANT} --policy missing --public-key \${known_PUBLIC_KEY}"
    Then no validator hangs
`;
    const { status, output, lastLine } = await project.start(['acceptance', await project.write('unknown.feature', text), '--runs', join(project.folder, 'runs')]).ended;
    expect(output).toMatch(/VERDICT_UNKNOWN: overlapped: the gate "(leader|others)" opened by abandoned/);
    expect(lastLine).toContain('? 1 unknown');
    expect(status).toBe(3);
  });

  it('when file calls can not be seen, with what to do about it', async () => {
    const path = join(project.folder, 'without-strace');
    await mkdir(path);
    for (const tool of ['git', 'sh']) await symlink(findTool(tool) ?? '', join(path, tool));
    const { status, output } = await project.start(['acceptance', schedules, '--runs', join(project.folder, 'runs'), '--name', '^the disk is full'], { PATH: path }).ended;
    expect(output).toMatch(/VERDICT_UNKNOWN: disk-fails\/ENOSPC\/write\/1 can't be forced: strace is not installed\n.*leave out: --tags "not @file-calls"/);
    expect(output).not.toContain('   ran  ');
    expect(status).toBe(3);
  });

  it('when the cache can not be made what it is to be', async () => {
    const text = `Feature: f
  Scenario: switched off
    Given a key pair named "known"
    And 2 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key
    And the environment variable is set "EC_CACHE=false"
    When 2 validators share one warm cache, with "validate image --image \${REGISTRY}/acceptance/bundle-\${PARTICIPANT} --policy missing --public-key \${known_PUBLIC_KEY}"
    Then no validator hangs
`;
    const { status, output } = await project.start(['acceptance', await project.write('unprepared.feature', text), '--runs', join(project.folder, 'runs')]).ended;
    expect(output).toMatch(/VERDICT_UNKNOWN: cache-prepared: the cache was not warm before the run: 0 of the 3 layers that are read lay whole in it/);
    expect(status).toBe(3);
  });
});

describe('refused before any validator starts, exit status 4', () => {
  const refused = [
  ['unknown words', '2 validators share one cold cache and the first dances', /nobody knows what validators do when "the first dances"\n.*there are:\n.*all ask for the shared layer/],
  ['an unknown cache', '2 validators share one lukewarm cache', /no cache is known as "one lukewarm cache"/],
  ['a position beyond the body', '2 validators share one cold cache and the first is held after 9999999 bytes of the shared layer', /9999999 bytes are beyond the body/],
  ['more participants than images', '3 validators share one cold cache and all ask for the shared layer before any is answered', /validator-3 names no image of this scenario/],
  ['more participants than components', '3 components of one validator share one cold cache and the first is held after 1 byte of the shared layer', /more participants than components/],
  ['a layer that nobody reads', '1 validator shares one cold cache and the first is killed after 1 byte of the shared layer, with "x ${REGISTRY}/plain"', /no images with a layer that all of them read/],
  ['one where two meet', '1 validator shares one cold cache and the first is held after 1 byte of the shared layer', /1 validator can't meet/],
  ['nobody', '0 validators share one cold cache and all ask for the shared layer before any is answered', /0 validators do nothing/],
  ['one, in older words', '1 ec commands are run in parallel, all held at the shared layer', /1 validator can't meet/],
  ['a half-filled cache of one', '1 validator shares one half-filled cache', /can't be half-filled/],
  ] as const;
  // Each with images of its own.
  const scenario = (name: string, step: string): string => `
  Scenario: ${name}
    Given a key pair named "known"
    And an image named "plain"
    And 2 operator bundle images named "bundle" that share a layer, signed and attested by the "known" key
    When ${step}${step.includes(' with "') ? '' : `, with "validate image --image \${REGISTRY}/bundle-\${PARTICIPANT}"`}
`;
  let ended: Ended;

  beforeAll(async () => {
    const file = await project.write('wrong.feature', `Feature: wrong\n${refused.map(([name, step]) => scenario(name, step)).join('')}`);
    ended = await project.start(['acceptance', file, '--runs', join(project.folder, 'runs')]).ended;
  });

  it('in the end', () => {
    expect(ended.lastLine).toContain(`${refused.length} scenarios: ✔ 0 held, ! ${refused.length} harness failed`);
    expect(ended.status).toBe(4);
  });

  it.each(refused)('%s', (name, _step, message) => {
    const told = toldOf(name, ended);
    expect(told).toContain('SCHEDULE_INVALID: ');
    expect(told).toMatch(message);
    expect(told).not.toContain('   ran  ');
  });
});

describe('a cache that is not of the scenario', () => {
  it.each(['cold', 'warm', 'damaged'])('is not made %s: what lies there is the user\'s', async (state) => {
    const mine = join(project.folder, `mine-${state}`);
    const kept = join(mine, 'ec', 'images', `sha256:${'a'.repeat(64)}`);
    await mkdir(dirname(kept), { recursive: true });
    await writeFile(kept, 'mine');
    const text = `Feature: f
  Scenario: elsewhere
    Given a key pair named "known"
    And 2 operator bundle images named "bundle" that share a layer, signed and attested by the "known" key
    And the environment variable is set "XDG_CACHE_HOME=${mine}"
    When 2 validators share one ${state} cache, with "validate image --image \${REGISTRY}/bundle-\${PARTICIPANT} --public-key \${known_PUBLIC_KEY}"
`;
    const { status, output } = await project.start(['acceptance', await project.write(`elsewhere-${state}.feature`, text), '--runs', join(project.folder, 'runs')]).ended;
    expect(await readFile(kept, 'utf8')).toBe('mine');
    expect(output).toMatch(/FOLDER_NOT_WRITABLE: the cache in \S+\/ec\/images lies outside the scenario's folder/);
    expect(output).not.toContain('   ran  ');
    expect(status).toBe(4);
  });
});

describe('refused before anything starts, exit status 2', () => {
  it.each([
    ['a bug that nobody knows', ['--planted-bug', 'nonsense'], /^CONFIG_INVALID: no bug is known as "nonsense"; there are:\n {2}in-place-write\n/],
    ['a bug in a program of somebody else', ['--planted-bug', 'in-place-write', '--subject', 'ec', '--binary', process.execPath], /^CONFIG_INVALID: no bug can be planted in .+: only the reference/],
    ['a bug in another binary', ['--planted-bug', 'in-place-write', '--binary', process.execPath], /^CONFIG_INVALID: no bug can be planted in/],
  ])('%s', async (_what, flags, message) => {
    const { status, output } = await run('.*', ...flags);
    expect(output).toMatch(message);
    expect(status).toBe(2);
    expect(project.leftSessions()).toEqual([]);
  });
});
