// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import { freshSeed, seededRandom } from '../foundation/seed.ts';
import { root } from '../foundation/root.ts';
import { buildReference } from '../reference-build.ts';
import { callPoints, calmDuration, crashAt, isClean, type CrashBench, type CrashFinding, type CrashPoint } from './crash-points.ts';
import { onInterruption } from './interrupt.ts';

const usage = `npm run crash:cache -- [--points N] [--seed S] [--only K] [--planted-bug NAME]

Kills a process that fills a layer cache, with SIGKILL, at N random moments and, where strace works, at each of its
file calls; looks whether any entry is not what its name says, and whether the next run mends everything.

  --points        random moments (default 1000)
  --seed          repeats the moments of an earlier run
  --only          the point with that number alone
  --planted-bug   gives the cache a known bug, to see it found (npm run reference -- --list-planted-bugs)
`;
const atATime = 2;

/** `crash:cache`: 0 when every point was clean, 1 when an entry was wrong or something stayed. */
export async function crashCacheCommand(argv: readonly string[]): Promise<number> {
  const { help, points: count, seed, only, plantedBug } = parse(argv);
  if (help) {
    process.stdout.write(usage);
    return ExitStatus.held;
  }
  const program = await buildReference({ outFile: join(root, 'dist', 'reference', 'cache-peer-test.cjs'), variant: 'test', program: 'cache-peer' });
  const folder = await mkdtemp(join(tmpdir(), 'stampede-crash-'));
  const clear = async (): Promise<void> => await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  const stopListening = onInterruption(clear);
  try {
    const bench: CrashBench = { program, folder, plantedBug };
    const random = seededRandom(seed);
    const moments: readonly CrashPoint[] = Array.from({ length: count }, () => ({ kind: 'moment', share: random.below(1_000_000) / 1_000_000 }));
    const calmMs = await calmDuration(bench);
    const calls = await callPointsWhereTheyCanBe(bench);
    process.stdout.write(`seed ${seed}: ${moments.length} random moments, ${calls.length} file calls\n`);
    const numbered = [...moments, ...calls].map((point, number) => ({ point, number })).filter(({ number }) => only === undefined || number === only);
    if (numbered.length === 0) throw new StampedeError('NOTHING_SELECTED', 'there is no such point', { hint: 'npm run crash:cache -- --help' });
    return await visit(numbered, bench, calmMs);
  } finally {
    stopListening();
    await clear();
  }
}

interface Numbered {
  readonly point: CrashPoint;
  readonly number: number;
}

async function visit(points: readonly Numbered[], bench: CrashBench, calmMs: number): Promise<number> {
  const bad: CrashFinding[] = [];
  const queue = points.values();
  let done = 0;
  let killed = 0;
  const worker = async (): Promise<void> => {
    for (const { point, number } of queue) {
      const finding = await crashAt(point, bench, { name: `point-${number}`, calmMs });
      done += 1;
      killed += finding.wasKilled ? 1 : 0;
      if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${points.length} points, ${bad.length} not clean `);
      if (isClean(finding)) continue;
      bad.push(finding);
      process.stdout.write(`point ${number} (${describe(point)}): ${tell(finding)}\n`);
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  process.stdout.write(`${killed} were killed before they had ended\n`);
  const sum = (part: (finding: CrashFinding) => number): number => bad.reduce((total, finding) => total + part(finding), 0);
  process.stdout.write(`${points.length} points, ${points.length - bad.length} clean, ${sum(({ partial }) => partial.length)} partial entries, ${sum(({ leftBehind }) => leftBehind.length)} left behind\n`);
  if (bad.length > 0) return ExitStatus.broken;
  return killed > 0 ? ExitStatus.held : ExitStatus.unknown;
}

async function callPointsWhereTheyCanBe(bench: CrashBench): Promise<readonly CrashPoint[]> {
  if (spawnSync('strace', ['-V'], { stdio: 'ignore' }).status === 0) return await callPoints(bench);
  process.stdout.write('strace is not here: file calls are left out (npm run doctor tells what else)\n');
  return [];
}

function describe(point: CrashPoint): string {
  return point.kind === 'moment' ? `after ${(point.share * 100).toFixed(1)} % of the time` : `at ${point.call} number ${point.nth}`;
}

function tell({ partial, leftBehind, trouble }: CrashFinding): string {
  const parts = [partial.length > 0 ? `partial: ${partial.join(', ')}` : '', leftBehind.length > 0 ? `left behind: ${leftBehind.join(', ')}` : '', trouble];
  return parts.filter((part) => part !== '').join('; ');
}

function parse(argv: readonly string[]) {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({ args: [...argv], options: { points: text, seed: text, only: text, 'planted-bug': text, help: { type: 'boolean', short: 'h' } } });
    const number = (name: 'points' | 'only', otherwise: string | undefined): number | undefined => {
      const value = values[name] ?? otherwise;
      if (value !== undefined && !/^\d{1,7}$/.test(value)) throw new Error(`--${name} ${value} is not a count`);
      return value === undefined ? undefined : Number(value);
    };
    return { help: values.help === true, points: number('points', '1000') ?? 0, seed: values.seed ?? freshSeed(), only: number('only', undefined), plantedBug: values['planted-bug'] ?? '' };
  } catch (cause) {
    throw new StampedeError('CONFIG_INVALID', cause instanceof Error ? cause.message : String(cause), { hint: 'npm run crash:cache -- --help' });
  }
}
