// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../foundation/clock.ts';
import { StampedeError } from '../foundation/errors.ts';

/** Where a process that fills a cache is killed. */
export type CrashPoint =
  /** That part of the time which filling takes when nobody disturbs. */
  | { readonly kind: 'moment'; readonly share: number }
  /** When the thread that works with files makes the `nth` of these calls. */
  | { readonly kind: 'call'; readonly call: string; readonly nth: number };

/** What was found at one point. */
export interface CrashFinding {
  /** False where the run had ended before it could be killed, or had not begun: then the point shows nothing. */
  readonly wasKilled: boolean;
  /** Entries whose bytes are not what their name says, right after the kill. */
  readonly partial: readonly string[];
  /** What lies there after the next run and should not. */
  readonly leftBehind: readonly string[];
  /** What the next run said, when it did not go well. */
  readonly trouble: string;
}

export interface CrashBench {
  readonly program: string;
  readonly folder: string;
  /** Name of a planted bug, or nothing. */
  readonly plantedBug: string;
}

const layers = [
  { seed: 'crash-1', bytes: 300_000, isGzip: true },
  { seed: 'crash-2', bytes: 300_000, isGzip: false },
];
/**
 * File calls that change something; one thread makes all of them, since the program is told to have one for files.
 * strace counts calls for each thread by itself, and kills at the first that gets so far: so that thread is made to be
 * ahead of the others.
 */
const changingCalls = ['openat', 'write', 'close', 'rename', 'unlink', 'mkdir'];
const callsBefore = 200;

function start({ program, plantedBug }: CrashBench, directory: string, tracer: readonly string[] = []): ChildProcess {
  const task = { directory, layers, components: 1, workers: 2, callsBefore };
  const env = { ...process.env, CACHE_PEER_TASK: JSON.stringify(task), STAMPEDE_PLANTED_BUG: plantedBug, UV_THREADPOOL_SIZE: '1' };
  const [first = '', ...rest] = [...tracer, process.execPath, program];
  return spawn(first, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

interface Outcome {
  readonly status: number | null;
  readonly errors: string;
  readonly hadBegun: boolean;
}

async function outcome(child: ChildProcess): Promise<Outcome> {
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [status, errors, output] = await Promise.all([closed, text(child.stderr as NodeJS.ReadableStream), text(child.stdout as NodeJS.ReadableStream)]);
  return { status, errors, hadBegun: output.startsWith('begin') };
}

/** How long the program fills an empty cache when nobody disturbs it, in milliseconds; the longest of three runs. */
export async function calmDuration(bench: CrashBench): Promise<number> {
  let longest = 0;
  for (let run = 0; run < 3; run += 1) {
    const directory = join(bench.folder, `calm-${run}`);
    const child = start(bench, directory);
    const ended = outcome(child);
    await begun(child);
    const began = monotonicMs();
    const { status, errors } = await ended;
    if (status !== 0) throw new StampedeError('CONFIG_INVALID', `what fills the cache fails when nobody disturbs it: ${errors.trim()}`);
    longest = Math.max(longest, monotonicMs() - began);
    await rm(directory, { recursive: true });
  }
  return longest;
}

async function begun(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve) => {
    child.stdout?.once('data', () => resolve());
    child.once('close', () => resolve());
  });
}

/** Every call of a calm run at which it can be killed. */
export async function callPoints(bench: CrashBench): Promise<readonly CrashPoint[]> {
  const [directory, log] = [join(bench.folder, 'traced'), join(bench.folder, 'trace')];
  const { status, errors } = await outcome(start(bench, directory, ['strace', '-f', '-qq', '-o', log, '-y', '-e', `trace=${changingCalls.join()}`]));
  if (status !== 0) throw new StampedeError('TOOL_MISSING', `strace did not get through a calm run: ${errors.trim()}`, { hint: 'apt-get install strace, and a system that allows ptrace' });
  const points = pointsIn((await readFile(log, 'utf8')).split('\n'), directory);
  await rm(directory, { recursive: true });
  return points;
}

/** The calls on the directory in a trace. */
function pointsIn(lines: readonly string[], directory: string): readonly CrashPoint[] {
  const worker = lines.find((line) => line.includes(`${directory}/sha256`))?.split(' ')[0] ?? '';
  const counts = new Map<string, number>();
  const points: Extract<CrashPoint, { kind: 'call' }>[] = [];
  for (const line of lines) {
    const [, thread = '', call = ''] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    const nth = (counts.get(`${thread} ${call}`) ?? 0) + 1;
    counts.set(`${thread} ${call}`, nth);
    if (thread === worker && line.includes(directory)) points.push({ kind: 'call', call, nth });
  }
  const others = [...counts].filter(([name]) => !name.startsWith(`${worker} `));
  const early = points.find(({ call, nth }) => others.some(([name, count]) => name.endsWith(` ${call}`) && count >= nth));
  if (early !== undefined) throw new Error(`another thread is killed at ${early.call} number ${early.nth}`);
  return points;
}

/** Of the time of a calm run: far less than it takes to start killing. */
const smallestShare = 0.0001;
/** The thread that works with files also wakes another one with `write`, now and then once for two reasons: so far the counts of two runs lie apart. */
const callsApart = 20;

/**
 * Kills a run at the point, looks at what it left, lets another run follow, and looks again. A run that has ended before its point
 * came shows nothing: then another one is killed in half the time, or a call earlier.
 */
export async function crashAt(point: CrashPoint, bench: CrashBench, run: CrashRun): Promise<CrashFinding> {
  let finding = await crashOnce(point, bench, run);
  for (const earlier of earlierPoints(point)) {
    if (finding.wasKilled || !isClean(finding)) return finding;
    finding = await crashOnce(earlier, bench, run);
  }
  return finding;
}

/** That nothing was found at a point. */
export function isClean({ partial, leftBehind, trouble }: CrashFinding): boolean {
  return partial.length === 0 && leftBehind.length === 0 && trouble === '';
}

function* earlierPoints(point: CrashPoint): Generator<CrashPoint> {
  if (point.kind === 'moment') for (let share = point.share / 2; share >= smallestShare; share /= 2) yield { ...point, share };
  else for (let nth = point.nth - 1; nth > Math.max(callsBefore, point.nth - callsApart); nth -= 1) yield { ...point, nth };
}

export interface CrashRun {
  readonly name: string;
  /** What `calmDuration` measured. */
  readonly calmMs: number;
}

async function crashOnce(point: CrashPoint, bench: CrashBench, { name, calmMs }: CrashRun): Promise<CrashFinding> {
  const directory = join(bench.folder, name);
  await mkdir(directory);
  const child = start(bench, directory, point.kind === 'call' ? ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${point.call}`, '-e', `inject=${point.call}:signal=SIGKILL:when=${point.nth}`] : []);
  const ended = outcome(child);
  if (point.kind === 'moment') {
    await begun(child);
    await delay(point.share * calmMs);
    child.kill('SIGKILL');
  }
  const { status, hadBegun } = await ended;
  const partial = await wrongEntries(directory);
  const next = await outcome(start(bench, directory));
  const leftBehind = await wrongEntries(directory, 'and everything that is no entry');
  await rm(directory, { recursive: true });
  const trouble = next.status === 0 && next.errors === '' ? '' : `the next run ended with ${next.status}: ${next.errors.trim()}`;
  return { wasKilled: status !== 0 && hadBegun, partial, leftBehind, trouble };
}

async function wrongEntries(directory: string, others?: 'and everything that is no entry'): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const name of await readdir(directory)) {
    const isEntry = /^sha256:[0-9a-f]{64}$/.test(name);
    if (isEntry ? (await digestOfFile(join(directory, name))) !== name : others !== undefined) wrong.push(name);
  }
  return wrong;
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}
