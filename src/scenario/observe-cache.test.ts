// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../foundation/seed.ts';
import { eventsOf, type CacheFileClass, type EventOf } from '../history/event.ts';
import { openRecorder, type Recorder } from '../history/recorder.ts';
import { digestOf, hexOf } from '../oci/digest.ts';
import { buildLayer } from '../oci/layer.ts';
import { tarOf } from '../oci/tar.ts';
import { lookAtCache } from './observe-cache.ts';

const random = seededRandom('observe-cache');
const tar = await tarOf([{ path: 'file', content: random.bytes(300_000) }]);
const layer = buildLayer(tar, 'gzip');
const known = [{ digest: layer.descriptor.digest, diffId: layer.diffId, compressed: layer.bytes, uncompressed: tar }];
const padding = tar.length - tar.findLastIndex((byte) => byte !== 0) - 1;

let folder: string;
let cache: string;
let looks = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'observe-test-'));
  cache = join(folder, 'cache');
  mkdirSync(cache);
});

afterEach(() => rmSync(folder, { recursive: true }));

async function look(directory = cache): Promise<{ readonly files: readonly EventOf<'cache-file-seen'>[]; readonly looked: readonly EventOf<'cache-looked-at'>[] }> {
  const recorder = openRecorder(join(folder, `history-${(looks += 1)}.ndjson`));
  await lookAtCache({ directory, known, moment: 'after', recorder });
  recorder.close();
  return { files: eventsOf(recorder.events(), 'cache-file-seen'), looked: eventsOf(recorder.events(), 'cache-looked-at') };
}

async function classOf(name: string, content: Uint8Array): Promise<CacheFileClass | undefined> {
  writeFileSync(join(cache, name), content);
  return (await look()).files[0]?.class;
}

describe('lookAtCache', () => {
  const changed = (position: number): Buffer => {
    const bytes = Buffer.from(tar);
    bytes.writeUInt8(bytes.readUInt8(position) ^ 1, position);
    return bytes;
  };

  it.each<[string, CacheFileClass, string, Uint8Array]>([
    ['the tar under its diffID', 'exact', layer.diffId, tar],
    ['the tar under a name that Windows allows', 'exact', `sha256-${hexOf(layer.diffId)}`, tar],
    ['the compressed layer under its digest', 'exact', layer.descriptor.digest, layer.bytes],
    ['content that nobody knows but its name does', 'exact', digestOf(Buffer.from('other')), Buffer.from('other')],
    ['nothing', 'prefix', layer.diffId, Buffer.of()],
    ['one byte', 'prefix', layer.diffId, tar.subarray(0, 1)],
    ['half of the tar', 'prefix', layer.diffId, tar.subarray(0, tar.length / 2)],
    ['all but the last byte that is not padding', 'prefix', layer.diffId, tar.subarray(0, tar.length - padding - 1)],
    ['half of the compressed layer', 'prefix', layer.descriptor.digest, layer.bytes.subarray(0, 1000)],
    ['all but the last byte of the compressed layer, a zero', 'prefix', layer.descriptor.digest, layer.bytes.subarray(0, -1)],
    ['all but the padding', 'short-by-padding', layer.diffId, tar.subarray(0, tar.length - padding)],
    ['all but the last zero', 'short-by-padding', layer.diffId, tar.subarray(0, tar.length - 1)],
    ['another first byte', 'other-bytes', layer.diffId, changed(0)],
    ['another byte behind the first 64 KiB', 'other-bytes', layer.diffId, changed(200_001)],
    ['half, with another byte', 'other-bytes', layer.diffId, changed(1).subarray(0, tar.length / 2)],
    ['a byte too many', 'other-bytes', layer.diffId, Buffer.concat([tar, Buffer.of(0)])],
    ['the tar under the digest of the compressed layer', 'other-bytes', layer.descriptor.digest, tar],
    ['the tar under a name that nobody knows', 'unknown-content', digestOf(Buffer.from('other')), tar],
    ['a temporary file', 'foreign', `${layer.diffId}.tmp`, tar],
    ['a name with capitals', 'foreign', layer.diffId.toUpperCase(), tar],
  ])('%s is %s', async (_what, expected, name, content) => {
    expect(await classOf(name, content)).toBe(expected);
  });

  it('records size and digest of each file, in the order of names, and how many there are', async () => {
    writeFileSync(join(cache, 'b'), 'bb');
    writeFileSync(join(cache, 'a'), 'a');
    const { files, looked } = await look();
    expect(files.map(({ path, size, digest }) => [path, size, digest])).toEqual([['a', 1, digestOf(Buffer.from('a'))], ['b', 2, digestOf(Buffer.from('bb'))]]);
    expect(looked).toMatchObject([{ moment: 'after', files: 2 }]);
  });

  it('follows no link, enters no folder and waits for no pipe', async () => {
    writeFileSync(join(folder, 'target'), tar);
    symlinkSync(join(folder, 'target'), join(cache, layer.diffId));
    symlinkSync('nowhere', join(cache, 'dangling'));
    mkdirSync(join(cache, layer.descriptor.digest));
    writeFileSync(join(cache, layer.descriptor.digest, 'inside'), 'x');
    execFileSync('mkfifo', [join(cache, 'pipe')]);
    const { files } = await look();
    expect(files.map((seen) => [seen.path, seen.class])).toEqual(['dangling', 'pipe', ...[layer.diffId, layer.descriptor.digest].sort()].map((name) => [name, 'foreign']));
  });

  it('finds nothing where there is no folder', async () => {
    const { files, looked } = await look(join(folder, 'missing', 'cache'));
    expect(files).toEqual([]);
    expect(looked).toMatchObject([{ files: 0 }]);
  });

  it('does not take for empty what it can not look into', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(look(join(folder, 'file'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it('passes over files that vanish meanwhile', async () => {
    for (const name of ['a', 'b', 'c']) writeFileSync(join(cache, name), tar);
    const recorder = openRecorder(join(folder, 'history.ndjson'));
    const vanishing: Recorder = {
      ...recorder,
      record(body) {
        rmSync(cache, { recursive: true, force: true });
        return recorder.record(body);
      },
    };
    await lookAtCache({ directory: cache, known, moment: 'after', recorder: vanishing });
    recorder.close();
    expect(eventsOf(recorder.events(), 'cache-file-seen').map(({ path }) => path)).toEqual(['a']);
    expect(eventsOf(recorder.events(), 'cache-looked-at')).toMatchObject([{ files: 1 }]);
  });
});
