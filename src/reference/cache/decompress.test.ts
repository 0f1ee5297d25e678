// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decompressed } from './decompress.ts';
import { streamOf } from './streams.ts';
import { bytesOf } from './test-layer.ts';

const tar = Buffer.from('a tar that is none, but long enough to be one');

/** Byte by byte, so that nothing is found out from a first chunk that happens to be long. */
async function* bytewise(bytes: Buffer): AsyncGenerator<Buffer> {
  for (const byte of bytes) yield await Promise.resolve(Buffer.from([byte]));
}

describe('decompressed', () => {
  it.each([['compressed', gzipSync(tar), tar], ['as it is', tar, tar], ['nothing', Buffer.alloc(0), Buffer.alloc(0)], ['one byte', Buffer.from([0x1f]), Buffer.from([0x1f])], ['half of the mark of gzip', Buffer.from([0x1f, 0x8a, 1]), Buffer.from([0x1f, 0x8a, 1])]])('gives the tar of what is %s', async (_how, sent, expected) => {
    expect(await bytesOf(decompressed(streamOf(bytewise(sent))))).toEqual(expected);
  });

  it.each([['breaks off', gzipSync(tar).subarray(0, 30)], ['is none after all', Buffer.from([0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])]])('fails for gzip that %s', async (_how, sent) => {
    await expect(bytesOf(decompressed(streamOf(bytewise(sent))))).rejects.toMatchObject({ code: expect.stringMatching(/^Z_/) as string });
  });

  it.each([['compressed', gzipSync(tar)], ['not compressed', tar]])('fails as its source does, %s', async (_how, sent) => {
    const source = new PassThrough();
    source.write(sent.subarray(0, 20));
    const reading = bytesOf(decompressed(source));
    source.destroy(new Error('reset'));
    await expect(reading).rejects.toThrow('reset');
  });

  it.each([['compressed', gzipSync(tar)], ['not compressed', tar]])('lets go of its source when nobody wants the rest, %s', async (_how, sent) => {
    const source = new PassThrough();
    const closed = once(source, 'close');
    source.write(sent.subarray(0, 20));
    const stream = (await decompressed(source)).on('error', () => undefined);
    stream.resume();
    await new Promise(setImmediate);
    stream.destroy();
    source.write(sent.subarray(20));
    await closed;
    expect(source.destroyed).toBe(true);
  });
});
