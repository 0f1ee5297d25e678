// SPDX-License-Identifier: Apache-2.0
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { redactedEnvironment, redactor } from './redact.ts';

const redact = redactor({ project: '/opt/stampede/', session: join(tmpdir(), 'stampede-0', 'session-1') });

describe('what leaves a machine', () => {
  it.each([
    ['/opt/stampede/dist/validator.mjs', '${PROJECT}/dist/validator.mjs'],
    [`${tmpdir()}/stampede-0/session-1/tmp/a`, '${SESSION}/tmp/a'],
    [`"${join(homedir(), 'bin', 'ec')}"`, '"${HOME}/bin/ec"'],
    [`${tmpdir()}/other`, '${TMP}/other'],
    ['/opt/stampede-other/a', '/opt/stampede-other/a'],
    ['Authorization: Bearer abcdef0123456789', 'Authorization: Bearer ${TOKEN}'],
    ['https://me:hunter22@registry.example/v2/', 'https://me:${PASSWORD}@registry.example/v2/'],
    ['token ghp_0123456789abcdefghijABCDEFGHIJ01 here', 'token ${TOKEN} here'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', '${TOKEN}'],
    ['-----BEGIN EC PRIVATE KEY-----\nMHc\n-----END EC PRIVATE KEY-----\nafter', '${PRIVATE_KEY}\nafter'],
    ['sha256:0123456789abcdef', 'sha256:0123456789abcdef'],
  ])('%s', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it('is no variable that sounds like a secret, and no search path', () => {
    expect(redactedEnvironment({ HOME: '/opt/stampede/home', GITHUB_TOKEN: 'x', DB_PASSWORD: 'x', AWS_SECRET_ACCESS_KEY: 'x', PATH: '/a:/b', EC_CACHE: 'false' }, redact)).toEqual({
      HOME: '${PROJECT}/home', GITHUB_TOKEN: '${GITHUB_TOKEN}', DB_PASSWORD: '${DB_PASSWORD}', AWS_SECRET_ACCESS_KEY: '${AWS_SECRET_ACCESS_KEY}', PATH: '${PATH}', EC_CACHE: 'false',
    });
  });
});
