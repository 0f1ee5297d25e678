// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { grantedCores, ownLimit, roomForProcesses } from './limits.ts';
import { coresCheck, filesCheck, memoryCheck, processesCheck } from './machine.ts';

let root: string;
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'limits-'))));
afterEach(() => rmSync(root, { recursive: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

describe('the limits of control groups', () => {
  it('are the lowest of the group and of those above it', () => {
    write({
      'proc/self/cgroup': '0::/pod/one\n',
      'sys/fs/cgroup/pod/cpu.max': '150000 100000\n',
      'sys/fs/cgroup/pod/one/cpu.max': 'max 100000\n',
      'sys/fs/cgroup/pod/one/pids.max': '100\n',
      'sys/fs/cgroup/pod/one/pids.current': '30\n',
    });
    expect(grantedCores(root)).toBe(1.5);
    expect(roomForProcesses(root)).toBe(70);
  });

  it('are read in the older form, too', () => {
    write({
      'proc/self/cgroup': '8:pids:/\n1:cpu,cpuacct:/box\n0::/\n',
      'sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us': '50000\n',
      'sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/pids/pids.max': '20\n',
      'sys/fs/cgroup/pids/pids.current': '4\n',
    });
    expect(grantedCores(root)).toBe(0.5);
    expect(roomForProcesses(root)).toBe(16);
  });

  it('are none where the system has none', () => {
    expect(grantedCores(root)).toBeUndefined();
    expect(ownLimit('Max open files')).toBeGreaterThan(0);
  });
});

describe('a limit', () => {
  it.each([
    [filesCheck(100), 'missing', 'up to 100 at once'],
    [filesCheck(300), 'limited', 'up to 300 at once'],
    [filesCheck(Infinity), 'ok', 'no limit'],
    [processesCheck(16), 'missing', 'room for 16 more, threads counted'],
    [processesCheck(100), 'limited', 'room for 100 more, threads counted'],
    [coresCheck(0.5, 8), 'limited', '0.5 of 8, by the limit of this container'],
    [coresCheck(undefined, 8), 'ok', '8'],
    [memoryCheck(256 << 20, 2 ** 33), 'limited', '256 MiB, by the limit of this container'],
    [memoryCheck(2 ** 63, 2 ** 33), 'ok', '8 GiB'],
  ])('%#: is told with what it means', (check, state, found) => {
    expect(check).toMatchObject({ state, found });
    expect(check.means === undefined).toBe(state === 'ok');
  });
});
