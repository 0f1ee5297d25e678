// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from '../foundation/root.ts';
import { toolOrSkip } from '../foundation/tools.ts';
import { exploring } from './test-explore.ts';

const crane = toolOrSkip('crane');
const strace = toolOrSkip('strace');
const folder = mkdtempSync(join(tmpdir(), 'explore-faults-'));
const explore = exploring(join(folder, 'runs'));

afterAll(() => rmSync(folder, { recursive: true }));

describe('downloads that fail, or take their time', () => {
  it('are survived by the safe cache', () => {
    const names = ['cut/middle', 'short-body/request', 'short-body/all-but-one', 'status-401/request', 'delay/middle', 'trickle/headers'];
    const { status, last } = explore(...names.flatMap((name) => ['--schedule', `leader-fails/${name}/1`]));
    expect(last).toMatch(/^6 of 6 schedules: 6 held, 0 broken, 0 unknown/);
    expect(status).toBe(0);
  });

  it.each([
    ['broken-download-published', ['leader-fails/cut/middle/1', 'leader-fails/short-body/middle/1', 'leader-fails/short-body/request/1'], 'cache-intact (calm run)'],
    ['impatient-waiter', ['leader-fails/trickle/middle/1'], 'outcomes-agree (scheduled run)'],
    ['error-remembered', ['components-after-failure/cut'], 'asked-again (scheduled run)'],
  ])('show %s by %j, and %s says so', (bug, schedules, verdict) => {
    const { status, text } = explore('--planted-bug', bug, ...schedules.flatMap((schedule) => ['--replay', schedule]), '--deadline', '8000');
    expect(text.split(`     ${verdict}: `)).toHaveLength(schedules.length + 1);
    expect(status).toBe(1);
  });
});

describe.skipIf(strace === undefined)('disks that fail', () => {
  it('are survived by the safe cache', () => {
    const { status, last } = explore(...['ENOSPC/create', 'EROFS/create', 'EMFILE/open', 'EIO/read'].flatMap((how) => ['--schedule', `disk-fails/${how}/1`]));
    expect(last).toMatch(/^4 of 4 schedules: 4 held, 0 broken, 0 unknown/);
    expect(status).toBe(0);
  });

  it('show who says nothing of an entry that can not be read', () => {
    const { status, text } = explore('--planted-bug', 'any-error-is-a-miss', '--replay', 'disk-fails/EIO/read/1', '--replay', 'disk-fails/EMFILE/open/1');
    expect(text.split('trouble-told (scheduled run): nobody said anything')).toHaveLength(3);
    expect(status).toBe(1);
  });

  it.skipIf(crane === undefined).each(['EMFILE/create', 'EROFS/create'])('with %s are more than crane can do without: it says so, and is blamed where it promises more', (how) => {
    const replay = ['--binary', crane ?? '', '--replay', `disk-fails/${how}/1`];
    const usual = explore('--subject', 'crane', ...replay);
    expect(usual.text).toContain('\nin 1 schedule a process whose disk failed ended with an error and said so: no finding, as its subject promises no more (isStrict)\n');
    expect(usual.last).toMatch(/^1 of 1 schedules: 1 held, 0 broken, 0 unknown/);
    expect(usual.status).toBe(0);
    const strict = join(folder, 'strict.ts');
    writeFileSync(strict, `import { subject as crane } from '${join(root, 'subjects', 'crane.ts')}';\nexport const subject = { ...crane, isStrict: true };\n`);
    const { status, text } = explore('--subject', strict, ...replay);
    expect(text).toMatch(/outcomes-agree \(scheduled run\): validator-1 differs[^]*- exit status 0[^]*\+ exit status 1/);
    expect(text).not.toContain('said so: no finding');
    expect(status).toBe(1);
  });

  it('are unknown where nobody met the error', () => {
    const { status, text } = explore('--replay', 'disk-fails/EIO/sync/1');
    expect(text).toContain('no file call of validator-1 met EIO/sync');
    expect(status).toBe(3);
  });
});

describe.skipIf(crane === undefined)('a subject that ignores proxy variables', () => {
  it('is led through doors under their own addresses, and judged as if they had the usual name', () => {
    const pull = ['pull', '--insecure', '--format=legacy'];
    const subject = {
      name: 'crane-reverse', description: 'crane without proxy variables', program: { kind: 'given' }, cacheDirectory: '${XDG_CACHE_HOME}/crane', door: 'reverse',
      exploration: { arguments: [...pull, '--cache_path', '${CACHE}', '${IMAGE}', '${OUT}'], withoutCache: [...pull, '${IMAGE}', '${OUT}'] },
    };
    const file = join(folder, 'crane-reverse.ts');
    writeFileSync(file, `export const subject = ${JSON.stringify(subject)};\n`);
    const { status, text, last } = explore('--subject', file, '--binary', crane ?? '', '--replay', 'leader-follower/middle/1', '--replay', 'leader-follower/headers/2', '--times', '3');
    // Each serial run has a door of its own: their outcomes are the same all the same.
    expect(text).not.toContain('without any race');
    expect(text).toMatch(/differs from the serial run.*\n.*\n.*\n\s*\n {9}exit status 0\n\s*\n {7}- output file sha256:\w{64}\n {7}\+ output file sha256:\w{64}/);
    expect(last).toMatch(/^6 of 6 schedules: 0 held, 6 broken/);
    expect(status).toBe(1);
  });
});
