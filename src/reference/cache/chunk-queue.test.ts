// SPDX-License-Identifier: Apache-2.0
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createChunkQueue } from './chunk-queue.ts';

const kibibyte = 1024;

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  await turn();
  return (await Promise.race([promise, Promise.resolve(pending)])) === pending;
}

describe('a queue of chunks', () => {
  it('passes on a large chunk as it is, without a copy', async () => {
    const queue = createChunkQueue();
    const chunk = Buffer.alloc(300 * kibibyte, 'x');
    void queue.push(chunk);
    const { value } = await queue.bytes().next();
    expect(value).toBe(chunk);
  });

  it('joins small chunks that piled up, in their order', async () => {
    const queue = createChunkQueue();
    for (const letter of 'abc') await queue.push(Buffer.from(letter));
    queue.end();
    const taken: string[] = [];
    for await (const chunk of queue.bytes()) taken.push(chunk.toString());
    expect(taken).toEqual(['abc']);
  });

  it('lets who pushes wait once 256 KiB are there, until they are taken', async () => {
    const queue = createChunkQueue();
    expect(await isPending(queue.push(Buffer.alloc(255 * kibibyte)))).toBe(false);
    const pushed = queue.push(Buffer.alloc(kibibyte));
    expect(await isPending(pushed)).toBe(true);
    await queue.bytes().next();
    expect(await isPending(pushed)).toBe(false);
  });

  it('lets nobody wait, and takes nothing, once it has ended', async () => {
    const queue = createChunkQueue();
    const pushed = queue.push(Buffer.alloc(256 * kibibyte));
    queue.end();
    await pushed;
    await queue.push(Buffer.alloc(512 * kibibyte));
    const bytes = queue.bytes();
    expect((await bytes.next()).value).toHaveLength(256 * kibibyte);
    expect((await bytes.next()).done).toBe(true);
  });

  it('ends who waits for bytes when none will come', async () => {
    const queue = createChunkQueue();
    const next = queue.bytes().next();
    expect(await isPending(next)).toBe(true);
    queue.end();
    expect((await next).done).toBe(true);
  });
});
