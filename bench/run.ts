// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { buildReference } from '../src/reference-build.ts';
import { embeddedLauncher } from '../src/stage/embedded-launcher.ts';
import { startStage } from '../src/stage/stage.ts';
import { StampedeError } from '../src/foundation/errors.ts';
import { root } from '../src/foundation/root.ts';
import { benchAcceptance } from './acceptance.ts';
import { benchCache } from './cache.ts';
import { benchNightly } from './nightly.ts';
import { benchStage } from './stage.ts';
import { median } from './median.ts';
import type { ProxyLoad, ProxyThroughput } from './proxy-throughput.ts';

const starts = 10;

/** Prints figures of this machine; nothing is judged. */
export async function bench([part, ...words]: readonly string[]): Promise<number> {
  if (part === 'cache') return await benchCache();
  if (part === 'acceptance') return await benchAcceptance();
  if (part === 'nightly') return await benchNightly();
  if (part === 'stage') return await benchStage(words);
  if (part !== undefined) throw new StampedeError('CONFIG_INVALID', `there is no benchmark named ${part}`, { hint: 'npm run bench, npm run bench:cache, npm run bench:stage, npm run bench -- acceptance, npm run bench -- nightly' });
  await section('embedded stage, from nothing to all services up', stageStart);
  await section('reference validator, start to end of `version`', referenceStart);
  await section('1 GiB layer through a door, against the same without one; the client verifies its digest', async () => await proxy('verifies'));
  await section('the same, the client only counts', async () => await proxy('counts'));
  return 0;
}

async function section(title: string, measure: () => Promise<string>): Promise<void> {
  process.stdout.write(`${title}\n`);
  process.stdout.write(`  ${await measure()}\n`);
}

/** The first start also loads the libraries; later ones are what a test suite sees. */
async function stageStart(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stampede-bench-'));
  const durations: number[] = [];
  for (let round = 0; round < starts; round += 1) {
    const began = performance.now();
    const stage = await startStage({ launcher: embeddedLauncher, directory: join(folder, String(round)) });
    durations.push(performance.now() - began);
    await stage.stop();
  }
  await rm(folder, { recursive: true });
  const [first = 0, ...later] = durations;
  return `first ${milliseconds(first)}, then median ${milliseconds(median(later))} of ${later.length}`;
}

async function referenceStart(): Promise<string> {
  const program = await buildReference({ outFile: join(root, 'dist', 'reference', 'validator.cjs') });
  const run = async (words: readonly string[]): Promise<number> => (await execa(process.execPath, words)).durationMs;
  const whole: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < starts; round += 1) {
    whole.push(await run([program, 'version']));
    bare.push(await run(['--eval', '0']));
  }
  return `median ${milliseconds(median(whole))} of ${starts}; node alone ${milliseconds(median(bare))}`;
}

async function proxy(reader: ProxyLoad['reader']): Promise<string> {
  const { stdout } = await execa(process.execPath, ['--import', 'tsx', join(root, 'bench', 'proxy-door.ts'), reader], { cwd: root });
  const { directMiBps, proxiedMiBps, ratio, rssGrowthMiB } = JSON.parse(stdout) as ProxyThroughput;
  return `ratio ${ratio.toFixed(2)} (direct ${directMiBps.toFixed(0)} MiB/s, door ${proxiedMiBps.toFixed(0)} MiB/s), memory grew by ${rssGrowthMiB.toFixed(0)} MiB`;
}

function milliseconds(value: number): string {
  return `${value.toFixed(0)} ms`;
}
