// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';
import { readHistory } from '../history/store.ts';
import { exploring, projectRoot } from './test-explore.ts';

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
    // It writes its index before it asks for anything: who does not lead is started when the leader stands.
    const stored = /^ {3}stored +(.+)$/m.exec(text)?.[1] ?? '';
    const seen = readHistory(join(projectRoot, stored, 'scheduled', 'history.ndjson')).flatMap((event) => {
      if (event.kind === 'validator-started') return [event.participant];
      return event.kind === 'gate-opened' ? [event.gate] : [];
    });
    expect(seen.slice(0, 3)).toEqual(['validator-1', 'others', 'validator-2']);
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

/**
 * Keeps each layer in a file, which is put in its place as a whole, or written there as its bytes come. The file's name tells nothing, but for
 * `wrapped`: there it is the digest of the layer, and a letter is put before what it holds.
 */
const keeper = `#!/usr/bin/env node
const { get } = require('node:http');
const { existsSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } = require('node:fs');
const [how, image, given] = process.argv.slice(2);
const cache = given === 'home' ? process.env.HOME + '/.keeper' : given;
const [host, ...rest] = image.replace(/:latest$/, '').split('/');
const door = new URL(process.env.HTTP_PROXY ?? 'http://' + host);
const ask = (path) => new Promise((resolve) => get({ host: door.hostname, port: door.port, path: 'http://' + host + '/v2/' + rest.join('/') + path }, resolve));
const read = async (answer, onPiece) => { const pieces = []; for await (const piece of answer) { pieces.push(piece); onPiece?.(piece); } return Buffer.concat(pieces); };
(async () => {
  const { layers } = JSON.parse((await read(await ask('/manifests/latest'))).toString());
  if (cache !== 'off') mkdirSync(cache, { recursive: true });
  for (const { digest } of layers) {
    const [name, before] = how === 'wrapped' ? [digest, 'w'] : [digest.slice(-8) + '.layer', ''];
    const file = cache + '/' + name;
    if (existsSync(file)) { console.log(readFileSync(file).length - before.length); continue; }
    const inPlace = how === 'in-place' && cache !== 'off' ? openSync(file, 'w') : undefined;
    const bytes = await read(await ask('/blobs/' + digest), (piece) => inPlace !== undefined && writeSync(inPlace, piece));
    if (how !== 'in-place' && cache !== 'off') { writeFileSync(file + process.pid, Buffer.concat([Buffer.from(before), bytes])); renameSync(file + process.pid, file); }
    console.log(bytes.length);
  }
})();
`;

describe('a program whose files are named in its own way', () => {
  const program = join(folder, 'keeper');
  const subjectOf = (how: string, cacheEntries?: 'opaque'): readonly string[] => {
    writeFileSync(program, keeper);
    chmodSync(program, 0o755);
    const file = join(folder, `${how}-${cacheEntries ?? 'unsaid'}.ts`);
    const exploration = { arguments: [how, '${IMAGE}', '${CACHE}'], withoutCache: [how, '${IMAGE}', 'off'] };
    writeFileSync(file, `export const subject = ${JSON.stringify({ name: 'keeper', description: 'names of its own', program: { kind: 'given' }, cacheDirectory: '${XDG_CACHE_HOME}/keeper', ...(cacheEntries === undefined ? {} : { cacheEntries }), exploration })};\n`);
    return ['--subject', file, '--binary', program];
  };
  const homely = (how: string): readonly string[] => {
    writeFileSync(program, keeper);
    chmodSync(program, 0o755);
    const file = join(folder, `${how}-homely.ts`);
    const exploration = { arguments: [how, '${IMAGE}', 'home'], withoutCache: [how, '${IMAGE}', 'off'] };
    writeFileSync(file, `export const subject = ${JSON.stringify({ name: 'keeper', description: 'below HOME', program: { kind: 'given' }, cacheDirectory: '${HOME}/.keeper', cacheEntries: 'opaque', exploration })};\n`);
    return ['--subject', file, '--binary', program];
  };
  const schedules = ['leader-follower/middle/1', 'leader-killed/middle/1', 'two-writers/ahead/1'].flatMap((name) => ['--replay', name]);

  it('holds when they come into their place as a whole, and its subject says that they tell nothing', () => {
    const { status, last } = explore(...subjectOf('replaced', 'opaque'), ...schedules);
    expect(last).toMatch(/^3 of 3 schedules: 3 held, 0 broken, 0 unknown/);
    expect(status).toBe(0);
  });

  it('is broken when they are written in place, by what another process makes of them', () => {
    const { status, text, last } = explore(...subjectOf('in-place', 'opaque'), ...schedules.slice(0, 2));
    expect(text).toMatch(/outcomes-agree \(scheduled run\): validator-2 differs/);
    expect(last).toMatch(/^1 of 1 schedules: 0 held, 1 broken, 0 unknown/);
    expect(status).toBe(1);
  });

  it('holds where names promise something else than what they hold alone, too, which is told once', () => {
    const { status, text, last } = explore(...subjectOf('wrapped'), ...schedules);
    expect(text.match(/without any race: sha256:\w+, and 2 more, in the cache holds something else than its name promises/g)).toHaveLength(1);
    expect(last).toMatch(/^3 of 3 schedules: 3 held, 0 broken, 0 unknown/);
    expect(status).toBe(0);
  });

  it('has another cache for each schedule, although it knows only one place below HOME', () => {
    const { status, last } = explore(...homely('replaced'), '--schedule', 'leader-follower', '--schedule', 'two-writers');
    expect(last).toMatch(/^(\d+) of \1 schedules: \1 held, 0 broken, 0 unknown/);
    expect(status).toBe(0);
  });

  it('is found out below HOME, too, in what is there and in what is damaged', () => {
    expect(explore(...homely('in-place'), '--replay', 'leader-follower/middle/1').last).toMatch(/^1 of 1 schedules: 0 held, 1 broken/);
    const { text, last } = explore(...homely('replaced'), '--replay', 'damaged/truncated', '--times', '2');
    expect(text).toMatch(/outcomes-agree \(scheduled run\): validator-1 differs/);
    expect(last).toMatch(/^2 of 2 schedules: 0 held, 2 broken/);
  });

  it('is unknown where its subject does not say so, with what to say', () => {
    const { status, text } = explore(...subjectOf('replaced'), ...schedules.slice(0, 2));
    expect(text).toMatch(/layers-read \(scheduled run\): the layer sha256:\w+ is not whole in the cache afterwards; no file there is named after a digest: cacheEntries: 'opaque' in the subject file/);
    expect(status).toBe(3);
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
