// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { searchPath } from '../../config.ts';
import { makingFolders } from '../../foundation/replace-file.ts';
import type { RepositoryPlace } from './repositories.ts';

// The first push to a repository is what scenarios do most. Through git's own receive-pack it takes some ten processes; here it takes
// one, and git still looks at every object. https://git-scm.com/docs/gitprotocol-pack#_pushing_data_to_a_server

/** A push that only makes branches and tags which were not there. */
interface FirstPush {
  readonly references: ReadonlyMap<string, string>;
  readonly pack: Buffer;
}

/** Larger ones are streamed to git. */
const mostBytes = 1024 * 1024;
const nothing = '0'.repeat(40);
const flush = '0000';
const command = /^0{40} ([0-9a-f]{40}) (refs\/(?:heads|tags)\/[A-Za-z0-9_][A-Za-z0-9_-]*)$/;
/** One answer only, all of it at the end: no side band. */
const capabilities = 'report-status ofs-delta object-format=sha1';

/** The body of a push that may be a first one; undefined, and nothing read, for all else. */
export async function smallPushOf({ service }: RepositoryPlace, request: IncomingMessage): Promise<Buffer | undefined> {
  const length = Number(request.headers['content-length'] ?? Number.NaN);
  if (service !== '/git-receive-pack' || request.method !== 'POST' || request.headers['content-encoding'] !== undefined || !(length <= mostBytes)) return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export interface FirstPushCall {
  readonly repositories: string;
  /** An empty folder: nobody's git settings apply. */
  readonly home: string;
  readonly body: Buffer | undefined;
}

/** Undefined where git itself is to answer. */
export async function answerFirstPush({ path, service, isPush }: RepositoryPlace, { repositories, home, body }: FirstPushCall): Promise<{ readonly type: string; readonly text: string } | undefined> {
  const repository = join(repositories, path);
  if (!isPush || !isEmptyRepository(repository)) return undefined;
  if (service === '/info/refs') return { type: 'application/x-git-receive-pack-advertisement', text: emptyAdvertisement() };
  const push = body === undefined ? undefined : parseFirstPush(body);
  if (push === undefined) return undefined;
  return { type: 'application/x-git-receive-pack-result', text: await takeFirstPush(repository, home, push) };
}

/** True while nothing has been pushed to it. */
function isEmptyRepository(repository: string): boolean {
  if (existsSync(join(repository, 'packed-refs'))) return false;
  const folders = ['heads', 'tags'].map((kind) => join(repository, 'refs', kind));
  return folders.every((folder) => !existsSync(folder) || readdirSync(folder).length === 0);
}

/** What `info/refs` answers to those who want to push to an empty repository. */
function emptyAdvertisement(): string {
  return `${line('# service=git-receive-pack\n')}${flush}${line(`${nothing} capabilities^{}\0${capabilities}\n`)}${flush}`;
}

/** Undefined for a body that asks for more than a first push: it is git's own business. */
function parseFirstPush(body: Buffer): FirstPush | undefined {
  const references = new Map<string, string>();
  let at = 0;
  for (;;) {
    const length = Number.parseInt(body.toString('latin1', at, at + 4), 16);
    if (length === 0) break;
    if (Number.isNaN(length) || length < 5 || at + length > body.length) return undefined;
    const [asked = '', wanted = ''] = body.toString('latin1', at + 4, at + length).replace(/\n$/, '').split('\0');
    const [, id, reference] = command.exec(asked) ?? [];
    if (id === undefined || reference === undefined || id === nothing || /side-band|push-options|atomic/.test(wanted)) return undefined;
    references.set(reference, id);
    at += length;
  }
  const pack = body.subarray(at + flush.length);
  return references.size > 0 && pack.toString('latin1', 0, 4) === 'PACK' ? { references, pack } : undefined;
}

/** Stores what was pushed, and says so as `report-status` does. */
async function takeFirstPush(repository: string, home: string, { references, pack }: FirstPush): Promise<string> {
  const names = [...references.keys()];
  const indexed = await indexPack(repository, home, pack);
  if (typeof indexed === 'string') return report(`unpack ${indexed}`, names.map((name) => `ng ${name} unpacker error`));
  const told = [...references].map(([name, id]) => {
    if (!indexed.has(id)) return `ng ${name} missing necessary objects`;
    return makeReference(repository, name, id) ? `ok ${name}` : `ng ${name} failed to update ref`;
  });
  return report('unpack ok', told);
}

/** The ids of the objects in it, or what git has against it. */
async function indexPack(repository: string, home: string, pack: Buffer): Promise<ReadonlySet<string> | string> {
  const env = { PATH: searchPath(), HOME: home, GIT_CONFIG_NOSYSTEM: '1', GIT_DIR: repository };
  const said = await new Promise<string | Error>((resolve) => {
    const child = execFile('git', ['index-pack', '--stdin', '--threads=1', '--fix-thin', '--check-self-contained-and-connected'], { env }, (error, stdout, stderr) => resolve(error === null ? stdout : new Error(stderr.trim().split('\n').at(-1))));
    child.stdin?.on('error', () => undefined).end(pack);
  });
  if (said instanceof Error) return said.message;
  const name = /^(?:pack|keep)\t([0-9a-f]+)/.exec(said)?.[1];
  return name === undefined ? 'it was not indexed' : idsIn(readFileSync(join(repository, 'objects', 'pack', `pack-${name}.idx`)));
}

/** Version 2: eight bytes, 256 counts of which the last is that of all, then the ids. https://git-scm.com/docs/gitformat-pack */
function idsIn(index: Buffer): ReadonlySet<string> {
  const names = 8 + 256 * 4;
  const count = index.readUInt32BE(names - 4);
  return new Set(Array.from({ length: count }, (_, place) => index.toString('hex', names + place * 20, names + (place + 1) * 20)));
}

/** With the lock that git itself takes: of two who make it, one does. */
function makeReference(repository: string, name: string, id: string): boolean {
  const file = join(repository, name);
  const lock = `${file}.lock`;
  try {
    makingFolders(lock, () => writeFileSync(lock, `${id}\n`, { flag: 'wx' }));
  } catch {
    return false;
  }
  const isTaken = existsSync(file);
  if (isTaken) rmSync(lock, { force: true });
  else renameSync(lock, file);
  return !isTaken;
}

function report(unpacked: string, references: readonly string[]): string {
  return [unpacked, ...references].map((text) => line(`${text}\n`)).join('') + flush;
}

function line(text: string): string {
  return (Buffer.byteLength(text) + 4).toString(16).padStart(4, '0') + text;
}
