// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../src/foundation/root.ts';
import { StampedeError } from '../src/foundation/errors.ts';
import { ResourceStack } from '../src/foundation/resources.ts';
import { peakRssOf } from '../src/foundation/process-table.ts';
import { median } from './median.ts';
import { askPeer, bundled } from './peer.ts';
import type { StageTask } from './stage-peer.ts';
import { startBenchStage, startDockerRegistry, type BenchServer } from './stage-servers.ts';

const peerSource = join(root, 'bench', 'stage-peer.ts');
const mebibyte = 1024 * 1024;
const rounds = 5;
const starts = 5;
const appended = 3000;

/** What is pushed and pulled in one round. */
const loads = [
  { name: 'one blob of 256 MiB', count: 1, bytes: 256 * mebibyte, atOnce: 1 },
  { name: '16 of 16 MiB, 4 at once', count: 16, bytes: 16 * mebibyte, atOnce: 4 },
  { name: '400 of 64 KiB, 8 at once', count: 400, bytes: mebibyte / 16, atOnce: 8 },
] as const;

type Ask = (task: StageTask) => Promise<number>;

const parts = { start: startFigures, blobs: throughput, log: logFigures, memory: memoryFigures } as const;

/** Prints figures of the embedded stage, of this machine and this run; nothing is judged. `wanted`: some of its parts; none is all. */
export async function benchStage(wanted: readonly string[]): Promise<number> {
  const unknown = wanted.find((name) => !Object.hasOwn(parts, name));
  if (unknown !== undefined) throw new StampedeError('CONFIG_INVALID', `the stage's benchmark has no part named ${unknown}`, { hint: `npm run bench:stage -- ${Object.keys(parts).join(' ')}` });
  const resources = new ResourceStack(30_000);
  const release = async (): Promise<void> => await resources[Symbol.asyncDispose]();
  const interrupted = (): void => void release().finally(() => process.exit(130));
  process.once('SIGINT', interrupted);
  try {
    const folder = await mkdtemp(join(tmpdir(), 'stampede-bench-stage-'));
    resources.defer('folder', async () => await rm(folder, { recursive: true, force: true, maxRetries: 3 }));
    const peer = await bundled(peerSource, join(folder, 'peer.mjs'));
    const ask: Ask = async (task) => (await askPeer<StageTask, { readonly milliseconds: number }>(peer, task)).milliseconds;
    say(`this machine: ${availableParallelism()} processors, load ${loadavg()[0]?.toFixed(1)}`);
    for (const [name, part] of Object.entries(parts)) if (wanted.length === 0 || wanted.includes(name)) await part(ask, folder);
    return 0;
  } finally {
    process.off('SIGINT', interrupted);
    await release();
  }
}

async function startFigures(): Promise<void> {
  const [services, command]: number[][] = [[], []];
  for (let start = 0; start < starts; start += 1) {
    await using stage = await startBenchStage();
    services?.push(stage.servicesMs);
    command?.push(stage.commandMs);
  }
  say(`start of all services: ${spread(services ?? [])} ms, goal below 300; the command from its first instruction to its line ${spread(command ?? [])} ms`);
}

/** By turns, the other one first in every second round, so that what else happens on the machine meets both. */
async function throughput(ask: Ask, folder: string): Promise<void> {
  await using other = await startDockerRegistry(join(folder, 'docker-registry'));
  await using stage = await startBenchStage();
  say('blobs against docker-registry, goal at least 1 (median, lowest to highest of the rounds; MiB a second of both)');
  for (const load of loads) {
    const ratios = { push: [] as number[], pull: [] as number[] };
    const rates = { push: [] as [number, number][], pull: [] as [number, number][] };
    for (let round = 0; round < rounds; round += 1) {
      const blobs = Array.from({ length: load.count }, (_, index) => ({ seed: `${load.name} ${round} ${index}`, bytes: load.bytes }));
      for (const kind of ['push', 'pull'] as const) {
        const time = async ({ registryUrl }: BenchServer): Promise<number> => await ask({ kind, url: registryUrl, blobs, atOnce: load.atOnce });
        const first = round % 2 === 0 ? await time(stage) : undefined;
        const theirs = await time(other);
        const ours = first ?? (await time(stage));
        ratios[kind].push(theirs / ours);
        rates[kind].push([ours, theirs].map((milliseconds) => (load.count * load.bytes) / mebibyte / (milliseconds / 1000)) as [number, number]);
      }
    }
    for (const kind of ['push', 'pull'] as const) {
      const [ours, theirs] = [0, 1].map((place) => median(rates[kind].map((pair) => pair[place] ?? Number.NaN)).toFixed(0));
      say(`  ${kind}, ${load.name.padEnd(26)} ${spread(ratios[kind], 2)}   ${ours} and ${theirs}`);
    }
  }
}

async function logFigures(ask: Ask): Promise<void> {
  await using stage = await startBenchStage();
  const [alone, together] = [await ask({ kind: 'append', url: stage.rekorUrl, entries: appended, atOnce: 1 }), await ask({ kind: 'append', url: stage.rekorUrl, entries: appended, atOnce: 8 })];
  const rate = (milliseconds: number): string => (appended / (milliseconds / 1000)).toFixed(0);
  say(`log: ${rate(alone)} entries a second by one client, ${rate(together)} by 8 at once, of ${appended} each; goal above 500`);
}

/** Highest so far: of a process, the peak only grows. */
async function memoryFigures(ask: Ask): Promise<void> {
  await using stage = await startBenchStage();
  const peak = (): string => ((peakRssOf(stage.pid) ?? Number.NaN) / mebibyte).toFixed(0);
  const before = peak();
  const gibibyte = (seed: string) => ({ url: stage.registryUrl, blobs: [{ seed, bytes: 1024 * mebibyte }], atOnce: 1 });
  await ask({ kind: 'push', ...gibibyte('whole') });
  const pushed = peak();
  await ask({ kind: 'chunked', ...gibibyte('chunks') });
  const chunked = peak();
  const { url, blobs } = gibibyte('whole');
  await ask({ kind: 'pull', url, blobs: [...blobs, ...blobs], atOnce: 2 });
  say(`peak memory of the whole stage: ${before} MiB at start; after 1 GiB in one request ${pushed}, in chunks of 64 MiB ${chunked}, pulled twice at once ${peak()}; goal below 150`);
}

function spread(values: readonly number[], digits = 0): string {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits));
  return `${middle} (${least} to ${most})`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
