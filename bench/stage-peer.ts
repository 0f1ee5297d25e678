// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { signImage } from '../src/sigstore/simple-signing.ts';
import { generateKeyPair } from '../src/sigstore/keys.ts';
import { proposeHashedrekord } from '../src/sigstore/proposed-entry.ts';
import { digestOf } from '../src/oci/digest.ts';

/** What the client process is to do; it answers with milliseconds. Blobs are made, and their digests taken, before the clock runs. */
export type StageTask =
  | { readonly kind: 'push' | 'chunked' | 'pull'; readonly url: string; readonly blobs: readonly BenchBlob[]; readonly atOnce: number }
  | { readonly kind: 'append'; readonly url: string; readonly entries: number; readonly atOnce: number };

export interface BenchBlob {
  /** Blobs of different seeds differ. */
  readonly seed: string;
  readonly bytes: number;
}

const repository = 'bench/blobs';
const chunkBytes = 64 * 1024 * 1024;
const block = Buffer.alloc(1024 * 1024, createHash('sha512').update('stampede').digest());
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

process.on('disconnect', () => process.exit());
process.on('message', (task: StageTask) => {
  void run(task).then((milliseconds) => process.send?.({ milliseconds }), (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
});
process.send?.('ready');

async function run(task: StageTask): Promise<number> {
  if (task.kind === 'append') return await append(task);
  const blobs = task.blobs.map((blob) => ({ blob, digest: digestFor(blob) }));
  const { url, kind } = task;
  const one = { push: async ({ blob, digest }: Named) => await push(url, blob, digest), chunked: async ({ blob, digest }: Named) => await pushInChunks(url, blob, digest), pull: async ({ blob, digest }: Named) => await pull(url, blob, digest) }[kind];
  return await timed(task.atOnce, blobs, one);
}

interface Named {
  readonly blob: BenchBlob;
  readonly digest: string;
}

/** So many at once until all are done. */
async function timed<Item>(atOnce: number, items: readonly Item[], action: (item: Item) => Promise<void>): Promise<number> {
  const left = [...items];
  const began = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await action(item);
    }),
  );
  return performance.now() - began;
}

/** Its own first 64 bytes, then the same 64 again and again, wherever a part begins: nothing here compresses or looks for likenesses. */
function* partsOf({ seed, bytes }: BenchBlob, from = 0, to = bytes): Generator<Buffer> {
  const own = createHash('sha512').update(seed).digest();
  let at = from;
  while (at < to) {
    const length = at === 0 ? Math.min(own.length, to) : Math.min(block.length, to - at);
    yield at === 0 ? own.subarray(0, length) : block.subarray(0, length);
    at += length;
  }
}

function digestFor(blob: BenchBlob): string {
  const hash = createHash('sha256');
  for (const part of partsOf(blob)) hash.update(part);
  return `sha256:${hash.digest('hex')}`;
}

interface Exchange {
  readonly method: string;
  readonly headers?: Record<string, string | number>;
  readonly parts?: Iterable<Buffer>;
}

/** The answer, its body not yet read. */
async function exchange(url: URL, { method, headers = {}, parts = [] }: Exchange): Promise<IncomingMessage> {
  const asked = request(url, { method, headers, agent });
  const answered = once(asked, 'response') as Promise<[IncomingMessage]>;
  answered.catch(() => undefined);
  for (const part of parts) if (!asked.write(part)) await Promise.race([once(asked, 'drain'), answered]);
  asked.end();
  const [response] = await answered;
  return response;
}

/** Reads to the end, and counts. */
async function drained(response: IncomingMessage, wanted: number): Promise<number> {
  if (response.statusCode !== wanted) throw new Error(`answered ${response.statusCode}, not ${wanted}`);
  let bytes = 0;
  response.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await once(response, 'end');
  return bytes;
}

async function startUpload(url: string): Promise<URL> {
  const started = await exchange(new URL(`${url}/v2/${repository}/blobs/uploads/`), { method: 'POST', headers: { 'content-length': 0 } });
  await drained(started, 202);
  return new URL(started.headers.location ?? '', url);
}

function withDigest(place: URL, digest: string): URL {
  const named = new URL(place);
  named.searchParams.set('digest', digest);
  return named;
}

const binary = { 'content-type': 'application/octet-stream' };

async function push(url: string, blob: BenchBlob, digest: string): Promise<void> {
  const place = withDigest(await startUpload(url), digest);
  await drained(await exchange(place, { method: 'PUT', headers: { ...binary, 'content-length': blob.bytes }, parts: partsOf(blob) }), 201);
}

async function pushInChunks(url: string, blob: BenchBlob, digest: string): Promise<void> {
  let place = await startUpload(url);
  for (let from = 0; from < blob.bytes; from += chunkBytes) {
    const to = Math.min(from + chunkBytes, blob.bytes);
    const answer = await exchange(place, { method: 'PATCH', headers: { ...binary, 'content-length': to - from, 'content-range': `${from}-${to - 1}` }, parts: partsOf(blob, from, to) });
    await drained(answer, 202);
    place = new URL(answer.headers.location ?? '', url);
  }
  await drained(await exchange(withDigest(place, digest), { method: 'PUT', headers: { 'content-length': 0 } }), 201);
}

async function pull(url: string, blob: BenchBlob, digest: string): Promise<void> {
  const bytes = await drained(await exchange(new URL(`${url}/v2/${repository}/blobs/${digest}`), { method: 'GET' }), 200);
  if (bytes !== blob.bytes) throw new Error(`${bytes} of ${blob.bytes} bytes came`);
}

/** Entries that were signed before. */
async function append({ url, entries, atOnce }: Extract<StageTask, { kind: 'append' }>): Promise<number> {
  const { privateKey, publicKeyPem } = generateKeyPair();
  const bodies = Array.from({ length: entries }, () => Buffer.from(JSON.stringify(proposeHashedrekord(signImage('bench', digestOf(randomBytes(32)), privateKey), publicKeyPem))));
  return await timed(atOnce, bodies, async (body) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    await drained(await exchange(new URL(`${url}/api/v1/log/entries`), { method: 'POST', headers, parts: [body] }), 201);
  });
}
