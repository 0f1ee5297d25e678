// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { FileCall } from '../history/event.ts';
import { TraceReader } from './trace-reader.ts';

function callsIn(...lines: readonly string[]): readonly FileCall[] {
  const reader = new TraceReader(['/cache']);
  return lines.map((line) => reader.read(line)).flatMap((read) => (read?.kind === 'call' ? [read.call] : []));
}

describe('a call', () => {
  it.each([
    ['7 openat(AT_FDCWD, "/cache/sha256:ab", O_RDONLY|O_CLOEXEC) = 17</cache/sha256:ab>', 'open', 'sha256:ab', '17'],
    ['7 openat(AT_FDCWD, "/cache/t", O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0666) = -1 EEXIST (File exists)', 'create', 't', 'EEXIST'],
    ['7 openat(5</cache/deep>, "t", O_RDWR) = 9</cache/deep/t>', 'create', 'deep/t', '9'],
    ['7 openat(AT_FDCWD</work>, "../cache/t", O_RDWR) = 9</cache/t>', 'create', 't', '9'],
    ['7 mkdir("/cache", 0777) = 0', 'create', '', '0'],
    ['7 write(17</cache/t>, ""..., 70000) = 70000', 'write', 't', '70000'],
    ['7 fsync(17</cache/t>) = 0', 'sync', 't', '0'],
    ['7 close(17</cache/t>) = 0', 'close', 't', '0'],
    ['7 rename("/cache/t", "/cache/sha256:ab") = 0', 'rename', 'sha256:ab', '0'],
    ['7 renameat2(AT_FDCWD, "/cache/t", AT_FDCWD, "/elsewhere", RENAME_NOREPLACE) = 0', 'rename', 't', '0'],
    ['7 unlink("/cache/with \\"quotes\\"") = 0', 'remove', 'with \\"quotes\\"', '0'],
    ['7 statx(AT_FDCWD, "/cache/t", AT_STATX_SYNC_AS_STAT, STATX_ALL, 0x7f) = -1 ENOENT (No such file or directory)', 'look', 't', 'ENOENT'],
    ['7 flock(9</cache/lock>, LOCK_EX|LOCK_NB) = -1 EAGAIN (Resource temporarily unavailable)', 'lock', 'lock', 'EAGAIN'],
    ['7 pread64(9</cache/t>, ""..., 4096, 0) = 4096', 'read', 't', '4096'],
  ])('%s', (line, family, path, result) => {
    expect(callsIn(line)).toMatchObject([{ family, path, result, nth: 1 }]);
  });

  it.each([
    '7 write(1</dev/null>, "", 4) = 4',
    '7 openat(AT_FDCWD, "/cache-of-another/t", O_RDONLY) = 3</cache-of-another/t>',
    '7 fcntl(9</cache/t>, F_GETFL) = 0x8002 (flags O_RDWR|O_LARGEFILE)',
    '7 +++ exited with 0 +++',
    '7 --- SIGCONT {si_signo=SIGCONT, si_code=SI_USER, si_pid=1, si_uid=0} ---',
    'nonsense',
    '',
  ])('is not %j', (line) => {
    expect(callsIn(line)).toEqual([]);
  });

  it('is put together when others came in between', () => {
    expect(callsIn('7 rename("/cache/t", "/cache/a" <unfinished ...>', '8 fsync(4</cache/u>) = 0', '7 <... rename resumed>) = 0')).toMatchObject([{ family: 'sync' }, { family: 'rename', path: 'a', result: '0' }]);
  });

  it('is counted for each entry by itself', () => {
    const [one, other] = ['a'.repeat(64), 'b'.repeat(64)];
    const lines = [`7 unlink("/cache/sha256:${one}") = 0`, `7 unlink("/cache/sha256:${other}.tmp") = 0`, `7 unlink("/cache/sha256:${one}.lock") = 0`, '7 unlink("/cache/index") = 0'];
    expect(callsIn(...lines).map(({ entry, nth }) => [entry, nth])).toEqual([[one, 1], [other, 1], [one, 2], ['', 1]]);
  });

  it('is counted by process and family, whatever the thread', () => {
    const lines = ['7 write(4</cache/t>, "", 4) = 4', '8 write(5</cache/u>, "", 4) = 4', '7 write(1</dev/null>, "", 4) = 4', '7 unlink("/cache/t") = 0', '9 write(4</cache/t>, "", 4) = 4'];
    expect(callsIn(...lines).map(({ family, nth }) => `${family} ${nth}`)).toEqual(['write 1', 'write 2', 'remove 1', 'write 3']);
  });
});

it('tells of a thread that stands', () => {
  expect(new TraceReader([]).read('4711 --- stopped by SIGSTOP ---')).toEqual({ kind: 'stopped', thread: 4711 });
});
