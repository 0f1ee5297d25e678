// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { readTar, tarOf, type TarLimits } from './tar.ts';

const limits: TarLimits = { entryBytes: 1000, totalBytes: 100_000, entries: 10 };

function inPieces(tar: Buffer, pieceBytes = 700): Readable {
  const pieces = Array.from({ length: Math.ceil(tar.length / pieceBytes) }, (_, index) => tar.subarray(index * pieceBytes, (index + 1) * pieceBytes));
  return Readable.from(pieces, { objectMode: false });
}

async function pathsOf(tar: Readable, changed: Partial<TarLimits> = {}): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of readTar(tar, { ...limits, ...changed })) paths.push(`${entry.type} ${entry.path} ${entry.size}`);
  return paths;
}

async function withName(name: string): Promise<Readable> {
  const archive = pack();
  archive.entry({ name }, 'x');
  archive.finalize();
  return inPieces(await buffer(archive));
}

describe('a tar', () => {
  it('reads back as it was written, long names and non-ASCII ones included', async () => {
    const files = [
      { path: 'a/é.txt', content: Buffer.from('one'), mode: 0o600 },
      { path: `${'deep/'.repeat(60)}end`, content: Buffer.alloc(900, 7) },
      { path: 'empty', content: Buffer.alloc(0) },
    ];
    const read: { path: string; content: Buffer }[] = [];
    for await (const { path, content } of readTar(inPieces(await tarOf(files)), limits)) read.push({ path, content: await buffer(content) });
    expect(read).toEqual(files.map(({ path, content }) => ({ path, content })));
  });

  it('is read on when an entry is left unread', async () => {
    const files = ['a', 'b', 'c'].map((path) => ({ path, content: Buffer.alloc(300_000, path) }));
    const large = { entryBytes: 300_000, totalBytes: 1_000_000 };
    expect(await pathsOf(inPieces(await tarOf(files)), large)).toEqual(['file a 300000', 'file b 300000', 'file c 300000']);
  });

  it('lets its source go when the reader stops early', async () => {
    const tar = await tarOf([{ path: 'a', content: Buffer.alloc(900) }]);
    const source = new Readable({ read: () => undefined });
    source.push(tar.subarray(0, 1024));
    for await (const entry of readTar(source, limits)) if (entry.path === 'a') break;
    expect(source.destroyed).toBe(true);
  });
});

describe('a hostile tar', () => {
  it.each(['../out', 'a/../../out', '/etc/passwd', 'a\\..\\out', '..'])('may not name %s', async (name) => {
    await expect(pathsOf(await withName(name))).rejects.toMatchObject({ code: 'LAYER_MALFORMED' });
  });

  it.each(['./a/b', 'a//b', 'a/./b/'])('may name %s, which is a/b', async (name) => {
    const [only] = await pathsOf(await withName(name));
    expect(only).toContain(' a/b ');
  });

  it('ends at each limit, and not before', async () => {
    const tar = await tarOf(['a', 'b'].map((path) => ({ path, content: Buffer.alloc(600) })));
    expect(await pathsOf(inPieces(tar), { entryBytes: 600, totalBytes: tar.length, entries: 2 })).toHaveLength(2);
    for (const tight of [{ entryBytes: 599 }, { totalBytes: tar.length - 1 }, { entries: 1 }]) {
      await expect(pathsOf(inPieces(tar), tight)).rejects.toMatchObject({ code: 'LAYER_MALFORMED' });
    }
  });

  it('is refused when cut or no tar at all', async () => {
    const tar = await tarOf([{ path: 'a', content: Buffer.alloc(600) }]);
    await expect(pathsOf(inPieces(tar.subarray(0, 800)))).rejects.toMatchObject({ code: 'LAYER_MALFORMED' });
    await expect(pathsOf(inPieces(Buffer.alloc(2000, 'x')))).rejects.toMatchObject({ code: 'LAYER_MALFORMED' });
  });

  it('passes on what its source failed with', async () => {
    const cause = new Error('planted');
    const tar = await tarOf([{ path: 'a', content: Buffer.alloc(600) }]);
    const source = Readable.from((async function* () {
      yield await Promise.resolve(tar.subarray(0, 800));
      throw cause;
    })());
    await expect(pathsOf(source)).rejects.toBe(cause);
  });
});
