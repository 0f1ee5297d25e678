// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeBundle } from './bundle.ts';
import { mergeBundles } from './merge.ts';
import { readBundle } from './read-bundle.ts';
import type { NightRecord, RunRecord } from './record.ts';
import { NightStore } from './store.ts';
import { brokenRun, nightOf, runOfNight } from './test-records.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nightly-merge-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const shard = (index: number, count: number) => ({ ...nightOf('n').shards[0]!, index, count });
const kept = (run: RunRecord): RunRecord => ({ ...run, folder: `runs/${run.night}/${run.id}` });

/** A bundle of one shard, made by way of a store, with a folder for each run that says that it has one. */
async function bundleOf(name: string, runs: readonly RunRecord[], night: NightRecord): Promise<string> {
  using store = NightStore.open(join(folder, `store-of-${name}`), { isNew: true });
  store.addRuns(runs, night);
  for (const run of runs) {
    if (run.folder === null) continue;
    mkdirSync(join(store.folder, run.folder, 'scheduled'), { recursive: true });
    writeFileSync(join(store.folder, run.folder, 'scheduled', 'history.ndjson'), name);
    symlinkSync('/etc/passwd', join(store.folder, run.folder, 'link'));
  }
  await writeBundle(store, night.id, join(folder, name));
  return join(folder, name);
}

describe('merging', () => {
  it('joins shards and their folders, names what is missing, the same twice and damaged', async () => {
    const [first, second] = [runOfNight('n', 0), kept(brokenRun('n', 1))];
    const [a, b] = [await bundleOf('a', [first], nightOf('n', { shards: [shard(1, 3)] })), await bundleOf('b', [second], nightOf('n', { shards: [shard(2, 3)] }))];
    writeFileSync(join(folder, 'cut'), readFileSync(b).subarray(0, 200));
    using store = NightStore.open(join(folder, 'merged'), { isNew: true });
    const merged = await mergeBundles(store, [a, b, a, join(folder, 'cut'), join(folder, 'none')]);
    expect(merged).toMatchObject({ nights: ['n'], added: 2, conflicts: [] });
    expect(merged.duplicates).toEqual([`${a} adds nothing to ${a}, ${b}`]);
    expect(merged.damaged).toHaveLength(2);
    expect(merged.damaged[0]).toMatch(/cut is not a whole bundle/);
    expect(merged.damaged[1]).toMatch(/none is not a whole bundle: ENOENT/);
    expect(store.runs()).toEqual([first, second]);
    expect(readdirSync(join(store.folder, second.folder!), { recursive: true })).toEqual(['scheduled', join('scheduled', 'history.ndjson')]);
    expect(store.night('n')?.shards.map(({ index }) => index)).toEqual([1, 2]);
    expect(await mergeBundles(store, [b, a])).toMatchObject({ added: 0, duplicates: [`${b} adds nothing to the store`, `${a} adds nothing to ${b}`] });
    expect(readdirSync(store.folder).filter((name) => name.startsWith('incoming'))).toEqual([]);
  });

  it('names runs that came out in two ways, counts the worse, and keeps the folder that belongs to it', async () => {
    const [good, bad] = [kept(runOfNight('n', 0)), kept(brokenRun('n', 0))];
    const night = nightOf('n', { shards: [shard(1, 1)] });
    const files = [await bundleOf('good', [good], night), await bundleOf('bad', [bad], night)];
    for (const [index, order] of [files, [...files].reverse()].entries()) {
      using store = NightStore.open(join(folder, `merged-${index}`), { isNew: true });
      expect((await mergeBundles(store, order)).conflicts).toEqual(['leader-follower/middle/1 1 on reference was made twice: broken and held']);
      expect(store.runs()).toEqual([bad]);
      expect(readFileSync(join(store.folder, bad.folder!, 'scheduled', 'history.ndjson'), 'utf8')).toBe('bad');
    }
  });

  it('leaves another night of the same name alone', async () => {
    const files = [await bundleOf('a', [runOfNight('n', 0)], nightOf('n')), await bundleOf('b', [runOfNight('n', 1)], nightOf('n', { campaignDigest: 'c'.repeat(64) }))];
    using store = NightStore.open(join(folder, 'merged'), { isNew: true });
    const merged = await mergeBundles(store, files);
    expect(merged.damaged).toEqual([expect.stringContaining('two nights are named n')]);
    expect(store.runs()).toHaveLength(1);
  });
});

describe('a bundle of a stranger', () => {
  const night = nightOf('n');
  const run = kept(runOfNight('n', 0));
  const lines = (...runs: readonly object[]): string => runs.map((one) => `${JSON.stringify(one)}\n`).join('');

  async function made(entries: readonly (readonly [Partial<Header> & { readonly name: string }, string?])[], rows = lines(run), head: object = {}): Promise<string> {
    const tar = pack();
    const document = { format: 1, night, runs: rows.split('\n').length - 1, runsDigest: createHash('sha256').update(rows).digest('hex'), ...head };
    tar.entry({ name: 'bundle.json' }, JSON.stringify(document));
    tar.entry({ name: 'runs.ndjson' }, rows);
    for (const [header, content] of entries) content === undefined ? tar.entry(header) : tar.entry(header, content);
    tar.finalize();
    writeFileSync(join(folder, 'bundle'), gzipSync(await buffer(tar)));
    return join(folder, 'bundle');
  }
  const read = async (file: string, limits?: Parameters<typeof readBundle>[2]) => await readBundle(file, join(folder, 'into'), limits);
  const inside = `folders/${run.id}`;

  it('is read where it is one', async () => {
    const { runs } = await read(await made([[{ name: `${inside}/calm/plan.json` }, '{}']]));
    expect([...runs.values()]).toEqual([run]);
    expect(existsSync(join(folder, 'into', run.id, 'calm', 'plan.json'))).toBe(true);
    expect([...(await readBundle(await made([]), join(folder, 'other'))).runs.values()]).toEqual([{ ...run, folder: null }]);
  });

  it.each([
    ['a path that leads out', [[{ name: `${inside}/../../../../evil` }, 'x']], /leaves the image/],
    ['an absolute path', [[{ name: '/tmp/evil' }, 'x']], /leaves the image/],
    ['a place of no run', [[{ name: 'evil' }, 'x']], /no place for "evil"/],
    ['a name with controls', [[{ name: `${inside}/\u001b[2J` }, 'x']], /no place for/],
    ['a link', [[{ name: `${inside}/link`, type: 'symlink', linkname: '/etc' }]], /is a symlink/],
    ['a hard link', [[{ name: `${inside}/link`, type: 'link', linkname: 'bundle.json' }]], /is a link/],
    ['a device', [[{ name: `${inside}/pipe`, type: 'fifo' }]], /is a fifo/],
    ['a file twice', [[{ name: `${inside}/a` }, 'x'], [{ name: `${inside}/a` }, 'y']], /EEXIST/],
  ] as const)('%s is refused', async (_what, entries, words) => {
    await expect(read(await made(entries as never))).rejects.toMatchObject({ code: 'BUNDLE_DAMAGED', message: expect.stringMatching(words) as string });
    expect(existsSync(join(folder, 'evil'))).toBe(false);
  });

  it.each([
    ['rows that are not those promised', lines(run), { runsDigest: '0'.repeat(64) }, 'BUNDLE_DAMAGED', /not those that its beginning speaks of/],
    ['fewer rows', lines(run), { runs: 2 }, 'BUNDLE_DAMAGED', /has 1 rows/],
    ['a row of another shape', lines({ ...run, verdict: 'fine' }), {}, 'BUNDLE_DAMAGED', /row 1: verdict/],
    ['a row of another night', lines({ ...run, night: 'm', folder: null }), {}, 'BUNDLE_DAMAGED', /is of the night m/],
    ['a folder of another run', lines({ ...run, folder: `runs/n/${'0'.repeat(32)}` }), {}, 'BUNDLE_DAMAGED', /folder of another run/],
    ['a folder elsewhere', lines({ ...run, folder: '../../etc' }), {}, 'BUNDLE_DAMAGED', /row 1: folder/],
    ['a later format', lines(run), { format: 2 }, 'STORE_NEWER', /has format 2/],
    ['a night with a path for a name', lines(run), { night: { ...night, id: '../n' } }, 'BUNDLE_DAMAGED', /night.id/],
  ] as const)('%s', async (_what, rows, head, code, words) => {
    await expect(read(await made([], rows, head))).rejects.toMatchObject({ code, message: expect.stringMatching(words) as string });
  });

  it('is not read beyond limits, nor through a link', async () => {
    const file = await made([[{ name: `${inside}/zeros` }, '\0'.repeat(1_000_000)]]);
    const limits = { fileBytes: 100_000, entryBytes: 100_000, totalBytes: 10_000_000, entries: 10 };
    await expect(read(file, limits)).rejects.toThrow(/longer than 100000 bytes/);
    await expect(read(file, { ...limits, entryBytes: 2_000_000, totalBytes: 500_000 })).rejects.toThrow(/longer than 500000 bytes/);
    await expect(read(file, { ...limits, entries: 1 })).rejects.toThrow(/more than 1 entries/);
    await expect(read(file, { ...limits, fileBytes: 10 })).rejects.toThrow(/10 are the limit/);
    symlinkSync(file, join(folder, 'by-link'));
    await expect(read(join(folder, 'by-link'))).rejects.toThrow(/ELOOP/);
  });
});
