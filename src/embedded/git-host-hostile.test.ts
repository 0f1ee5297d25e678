// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGitHost, type GitHost } from './git-host.ts';

const run = promisify(execFile);
let folder: string;
let host: GitHost;
let commit: string;

async function git(...args: readonly string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], HOME: folder, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', GIT_SSL_CAINFO: host.certificateFile };
  return (await run('git', ['-c', 'user.name=a', '-c', 'user.email=a@localhost', ...args], { cwd: join(folder, 'tree'), env })).stdout.trim();
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'git-hostile-'));
  host = await startGitHost({ directory: join(folder, 'host') });
  mkdirSync(join(folder, 'tree'));
  await git('init', '--quiet', '--initial-branch=main');
  writeFileSync(join(folder, 'tree', 'one'), 'one');
  await git('add', '--all');
  await git('commit', '--quiet', '--message=one');
  commit = await git('rev-parse', 'HEAD');
  await git('push', '--quiet', `${host.url}/git/policy.git`, 'main');
});

afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Everything that comes back until the host ends the connection. */
async function raw(bytes: string | Uint8Array): Promise<string> {
  const socket = connect({ port: Number(new URL(host.url).port), host: '127.0.0.1', ca: readFileSync(host.certificateFile) });
  const ended = text(socket);
  socket.write(bytes);
  return await ended;
}

const line = (words: string): string => (words.length + 4).toString(16).padStart(4, '0') + words;
const nothing = '0'.repeat(40);

describe('the git host', () => {
  it.each([
    ['headers without end', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`, 431],
    ['what is no request', 'HELLO\r\n\r\n', 400],
    ['a way out of its folder', 'GET /git/../../etc/info/refs?service=git-upload-pack HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n', 404],
    ['an escaped way out', 'GET /git/%2e%2e/info/refs?service=git-upload-pack HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n', 404],
    ['a repository that is not there', 'GET /git/nowhere/info/refs?service=git-upload-pack HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n', 404],
  ])('answers %s', async (_what, bytes, status) => {
    expect(await raw(bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  it('never answers 500, nor nothing, whatever is asked; and serves the same afterwards', { timeout: 60_000 }, async () => {
    const name = fc.constantFrom('policy', 'policy.git', 'fresh', 'nowhere', '..', '.git', '%2e%2e', '-x', 'a b', 'policy.git.git', '');
    const rest = fc.constantFrom('/info/refs', '/git-upload-pack', '/git-receive-pack', '/HEAD', '/objects/info/packs', '/config', '', '/info/refs/');
    const query = fc.constantFrom('', '?service=git-upload-pack', '?service=git-receive-pack', '?service=git-upload-archive', '?service=git-upload-pack&service=git-receive-pack', '?%');
    const command = fc.constantFrom(
      '', '0000', '0009done\n', 'ffff', 'zzzz', '0003', line('want '), `${line(`want ${nothing}\n`)}0000${line('done\n')}`, `${line('command=ls-refs\n')}0001${line('peel\n')}0000`, `${line('command=fetch\n')}0001${line('want x\n')}0000`,
      `${line(`${nothing} ${'1'.repeat(40)} refs/heads/../../evil\0report-status\n`)}0000PACK`, `${line(`${nothing} ${'1'.repeat(40)} refs/heads/evil\0report-status\n`)}0000PACK\0\0\0\x02\0\0\0\x01garbage`, line(`${nothing} ${nothing} refs/heads/main\0report-status`),
    );
    const body = fc.oneof(command, fc.string({ maxLength: 60 })).chain((words) => fc.constantFrom(Buffer.from(words, 'latin1'), gzipSync(words)));
    const headers = fc.constantFrom([], ['content-encoding: gzip'], ['git-protocol: version=2'], ['git-protocol: version=9:x'], ['content-type: application/x-git-upload-pack-request'], ['content-type: application/x-git-receive-pack-request']);
    const request = fc.record({ method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE'), scenario: fc.constantFrom('', '/s-1', '/..', '/%00'), name, rest, query, body, headers });
    await fc.assert(
      fc.asyncProperty(request, async ({ method, scenario, name: repository, rest: service, query: words, body: payload, headers: more }) => {
        const head = [`${method} ${scenario}/git/${repository.replaceAll(' ', '%20')}${service}${words} HTTP/1.1`, 'host: a', 'connection: close', `content-length: ${payload.length}`, ...more];
        const answer = await raw(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), payload]));
        expect(answer).toMatch(/^HTTP\/1\.1 [234]\d\d /);
      }),
      { numRuns: 250, interruptAfterTimeLimit: 8_000, seed: 10 },
    );
    expect(await git('ls-remote', `${host.url}/git/policy.git`)).toBe(`${commit}\tHEAD\n${commit}\trefs/heads/main`);
    expect(readdirSync(folder).sort()).toEqual(['host', 'tree']);
  });

  it('keeps nothing of a push that broke off, and serves others meanwhile', async () => {
    const socket = connect({ port: Number(new URL(host.url).port), host: '127.0.0.1', ca: readFileSync(host.certificateFile) });
    socket.on('error', () => undefined);
    socket.write(`POST /git/policy.git/git-receive-pack HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-git-receive-pack-request\r\ncontent-length: 9999\r\n\r\n${line(`${nothing} ${commit} refs/heads/half\0report-status\n`)}0000PACK`);
    expect(await git('ls-remote', '--heads', `${host.url}/git/policy.git`)).toBe(`${commit}\trefs/heads/main`);
    socket.destroy();
    await expect.poll(() => readdirSync(join(folder, 'host', 'repositories', 'shared', 'policy.git', 'objects', 'pack')).filter((name) => name.startsWith('tmp_'))).toEqual([]);
    expect(await git('ls-remote', '--heads', `${host.url}/git/policy.git`)).toBe(`${commit}\trefs/heads/main`);
  });
});
