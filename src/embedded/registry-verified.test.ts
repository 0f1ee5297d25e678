// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testRegistry } from './registry/test-registry.ts';

const { ask, url, directory } = testRegistry();

/** What a client does with one upload: whole or in pieces, honestly or not, to its end or not. */
const plan = fc.record({
  algorithm: fc.constantFrom('sha256', 'sha512'),
  content: fc.integer({ min: 0, max: 11 }),
  size: fc.constantFrom(0, 1, 1000, 300_000),
  way: fc.constantFrom('whole', 'chunks', 'post', 'two at once'),
  damage: fc.constantFrom('none', 'none', 'other bytes', 'cut short', 'wrong digest', 'broken off', 'cancelled', 'chunk twice', 'wrong place'),
});
type Plan = typeof plan extends fc.Arbitrary<infer Value> ? Value : never;

const seen = new Set<string>();

function digestOf(algorithm: string, bytes: Uint8Array): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

async function carryOut({ algorithm, content, size, way, damage }: Plan): Promise<void> {
  const bytes = Buffer.alloc(size, `content ${content} `);
  const digest = digestOf(algorithm, damage === 'wrong digest' ? Buffer.from('something else') : bytes);
  const sent = damage === 'other bytes' ? Buffer.concat([bytes, Buffer.from('!')]) : damage === 'cut short' ? bytes.subarray(0, size >> 1) : bytes;
  seen.add(digestOf(algorithm, bytes)).add(digest);
  const uploads = '/v2/verified/blobs/uploads/';
  if (damage === 'broken off') return await breakOff(`${uploads}?digest=${digest}`, sent);
  if (way === 'post') return void (await ask('POST', `${uploads}?digest=${digest}`, { body: sent }));
  const location = (await ask('POST', uploads)).headers.get('location') ?? '';
  const finish = async (body?: Uint8Array): Promise<unknown> => await ask('PUT', `${location}?digest=${digest}`, body === undefined ? {} : { body });
  if (way === 'whole') return void (await finish(sent));
  const half = sent.length >> 1;
  const chunk = async (from: number, to: number): Promise<unknown> => await ask('PATCH', location, { body: sent.subarray(from, to), headers: { 'content-range': `${damage === 'wrong place' ? from + 1 : from}-${to - 1}` } });
  if (way === 'two at once') await Promise.all([chunk(0, half), chunk(0, half)]);
  else await chunk(0, half);
  if (damage === 'chunk twice') await chunk(0, half);
  await chunk(half, sent.length);
  if (damage === 'cancelled') await ask('DELETE', location);
  await finish();
}

/** Promises all of it, sends a part, and goes. */
async function breakOff(path: string, bytes: Buffer): Promise<void> {
  const socket = connect(Number(new URL(url()).port), '127.0.0.1');
  const ended = text(socket).catch(() => '');
  socket.write(`POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${bytes.length + 1}\r\n\r\n`);
  socket.write(bytes, () => socket.destroy());
  await ended;
}

async function checkServed(): Promise<number> {
  let served = 0;
  for (const digest of seen) {
    const response = await fetch(`${url()}/v2/verified/blobs/${digest}`);
    const body = Buffer.from(await response.arrayBuffer());
    if (response.status === 404) continue;
    expect(response.status).toBe(200);
    expect(digestOf(digest.slice(0, 6), body)).toBe(digest);
    served += 1;
  }
  return served;
}

describe('nothing is served unverified', () => {
  it('whatever uploads were sent, at once, damaged, broken off: each blob that is served has the digest of its address', { timeout: 60_000 }, async () => {
    let served = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(plan, { minLength: 1, maxLength: 8 }), async (plans) => {
        // Served while they come, too, and not only afterwards.
        const [, during] = await Promise.all([Promise.all(plans.map(carryOut)), checkServed()]);
        served += during + (await checkServed());
      }),
      { numRuns: 40, interruptAfterTimeLimit: 6_000, seed: 10 },
    );
    expect(served).toBeGreaterThan(20);
    expect(seen.size).toBeGreaterThan(20);
    const kept = readdirSync(join(directory(), 'blobs'));
    expect(kept.length).toBeGreaterThan(20);
    for (const hex of kept) expect(createHash(hex.length === 64 ? 'sha256' : 'sha512').update(readFileSync(join(directory(), 'blobs', hex))).digest('hex')).toBe(hex);
  });
});
