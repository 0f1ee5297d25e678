// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../src/foundation/root.ts';
import type { BenchLayer, CacheTask } from './cache-peer.ts';
import { median } from './median.ts';
import { askPeer, bundled } from './peer.ts';

const peerSource = join(root, 'bench', 'cache-peer.ts');
const mebibyte = 1024 * 1024;
const rounds = 3;

interface Answer {
  readonly answer: unknown;
  readonly milliseconds: number;
  readonly fetched: number;
  readonly peakBytes: number;
}

/** Prints ratios of this machine; nothing is judged. Each figure comes from processes of its own. */
export async function benchCache(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'stampede-bench-cache-'));
  const clear = async (): Promise<void> => await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  const interrupted = (): void => void clear().finally(() => process.exit(130));
  process.once('SIGINT', interrupted);
  try {
    const ask = askOf(await bundled(peerSource, join(folder, 'peer.mjs')));
    const work = join(folder, 'work');
    await againstOthers(ask, work);
    await memory(ask, work);
    await manyComponents(ask, work);
    return 0;
  } finally {
    process.off('SIGINT', interrupted);
    await clear();
  }
}

/** By turns, so that what else happens on the machine meets all of them. */
async function againstOthers(ask: Ask, folder: string): Promise<void> {
  const layers = await known(ask, Array.from({ length: 10 }, (_, seed) => ({ seed, bytes: 100 * mebibyte })));
  const [warm] = layers;
  const one = warm === undefined ? [] : [warm];
  const times: Record<string, number[]> = {};
  const note = (name: string, value: number): void => void (times[name] ??= []).push(value);
  let fetches = 0;
  for (let round = 0; round < rounds; round += 1) {
    progress(`round ${round + 1} of ${rounds}`);
    const at = (name: string): string => join(folder, `${name}-${round}`);
    const time = async (name: string, task: Omit<CacheTask, 'directory'>, directory = at(name)): Promise<void> => note(name, (await ask({ ...task, directory })).milliseconds);
    await time('loop', { kind: 'loop', layers });
    await time('put', { kind: 'put', layers });
    await time('cacache put', { kind: 'cacache-put', layers });
    const together = async (name: string, task: (index: number) => CacheTask): Promise<readonly Answer[]> => {
      const all = await Promise.all(Array.from({ length: 8 }, async (_, index) => await ask(task(index))));
      note(name, Math.max(...all.map(({ milliseconds }) => milliseconds)));
      return all;
    };
    await together('eight loops', (index) => ({ kind: 'loop', layers, directory: at(`loop of ${index}`) }));
    const all = await together('eight', () => ({ kind: 'put', layers, directory: at('eight') }));
    fetches += all.reduce((sum, { fetched }) => sum + fetched, 0);
    await time('read', { kind: 'read', layers: one }, at('put'));
    await time('hit', { kind: 'hit', layers: one }, at('put'));
    await time('cacache get', { kind: 'cacache-get', layers: one }, at('cacache put'));
    await rm(folder, { recursive: true });
  }
  progress('');
  const ratio = (name: string, of: string, by: string): void => tell(name, (times[of] ?? []).map((value, index) => value / (times[by]?.[index] ?? Number.NaN)));
  process.stdout.write('throughput against ..., 1 is as fast (median of 3 rounds, lowest to highest)\n');
  ratio('cold put of 1 GiB, a loop that reads, hashes, writes', 'loop', 'put');
  ratio('the same, 8 processes at once, 8 such loops at once', 'eight loops', 'eight');
  ratio('cold put of 1 GiB, npm\'s cacache', 'cacache put', 'put');
  ratio('hit of 100 MiB (verified), cacache\'s by digest', 'cacache get', 'hit');
  ratio('hit of 100 MiB (verified), open and read of the file', 'read', 'hit');
  process.stdout.write(`  fetches by 8 processes: ${(fetches / rounds / layers.length).toFixed(2)} a layer\n`);
}

async function memory(ask: Ask, folder: string): Promise<void> {
  const peaks: number[] = [];
  for (const bytes of [10 * mebibyte, 1024 * mebibyte]) {
    progress(`memory, a layer of ${bytes / mebibyte} MiB`);
    const { peakBytes } = await ask({ kind: 'put', layers: await known(ask, [{ seed: 1, bytes }]), directory: join(folder, 'memory', String(bytes)) });
    peaks.push(peakBytes / mebibyte);
  }
  await rm(folder, { recursive: true });
  progress('');
  const [small = 0, large = 0] = peaks;
  process.stdout.write(`peak memory: ${small.toFixed(0)} MiB with a layer of 10 MiB, ${large.toFixed(0)} MiB with one of 1 GiB: ${(large - small).toFixed(0)} MiB more\n`);
}

/** 20 shared layers, and one of its own for each component; 25 at a time. */
async function manyComponents(ask: Ask, folder: string): Promise<void> {
  process.stdout.write('components that share 20 layers and have one of their own, 25 at a time\n');
  for (const [components, shared] of [[100, 1], [200, 1], [200, 2]] as const) {
    progress(`${components} components`);
    const own = Array.from({ length: components }, (_, component) => ({ seed: -1 - component, bytes: mebibyte / 4 }));
    const layers = await known(ask, [...Array.from({ length: 20 }, (_, seed) => ({ seed, bytes: shared * mebibyte })), ...own]);
    const { milliseconds, fetched, peakBytes } = await ask({ kind: 'components', layers, components, directory: join(folder, `${components}-${shared}`) });
    const read = components * (20 * shared + 0.25);
    progress('');
    process.stdout.write(`  ${components} x ${shared} MiB layers: ${(milliseconds / 1000).toFixed(1)} s, ${(milliseconds / read).toFixed(2)} ms a MiB read, peak ${(peakBytes / mebibyte).toFixed(0)} MiB, ${fetched} fetches of ${layers.length} layers\n`);
    await rm(folder, { recursive: true });
  }
}

async function known(ask: Ask, layers: readonly Omit<BenchLayer, 'digest'>[]): Promise<readonly BenchLayer[]> {
  const whole = layers.map((layer) => ({ ...layer, digest: '' }));
  const { answer } = await ask({ kind: 'digests', directory: '', layers: whole });
  return whole.map((layer, index) => ({ ...layer, digest: (answer as readonly string[])[index] ?? '' }));
}

type Ask = (task: CacheTask) => Promise<Answer>;

function askOf(peer: string): Ask {
  return async (task) => await askPeer<CacheTask, Answer>(peer, task);
}

function tell(name: string, values: readonly number[]): void {
  const middle = median(values);
  const bar = '█'.repeat(Math.min(30, Math.round(middle * 10)));
  process.stdout.write(`  ${name.padEnd(54)} ${middle.toFixed(2)}  (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})  ${bar}\n`);
}

function progress(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${what}`);
}
