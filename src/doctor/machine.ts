// SPDX-License-Identifier: Apache-2.0
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { describeError } from '../foundation/errors.ts';
import { missing, onStage, undertakings, type Check } from './check.ts';
import { grantedCores, ownLimit, roomForProcesses, type Limit } from './limits.ts';

const mebibyte = 1 << 20;
/** A run of all features leaves less than this; one of `explore` may leave more. */
const comfortableBytes = 512 * mebibyte;
/** Less does not hold the fixtures of one scenario and its stored run. */
const leastBytes = 32 * mebibyte;
/** Three validators, their doors and a stage get by with the least, tried out; the more take part, the more it takes. */
const comfortableFiles = 512;
const leastFiles = 192;
const comfortableProcesses = 256;
const leastProcesses = 48;
const comfortableMemory = 1024 * mebibyte;

/** Anything older does not get as far as this: `bin/stampede.mjs` refuses it. */
export function nodeCheck(): Check {
  return { name: 'Node', state: 'ok', found: `${process.version}, ${process.platform} ${process.arch}` };
}

/** Where everything temporary goes; a file is really written there. */
export async function temporaryCheck(folder: string): Promise<Check> {
  const name = 'temporary files';
  try {
    await writeFile(join(folder, 'written'), Buffer.alloc(mebibyte, 'x'));
  } catch (error) {
    return missing(name, error, { means: 'nothing can be run', stops: undertakings });
  }
  return roomCheck(name, tmpdir(), 'set TMPDIR to a folder on a disk with more room');
}

/** Where runs are stored; it is made only when there is one. */
export function storeCheck(folder: string): Check {
  const name = 'stored runs';
  const there = existing(folder);
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch (error) {
    return { name, state: 'missing', found: `can't write into ${there}: ${describeError(error)}`, means: 'no run can be stored, so none is judged', remedy: 'name another folder with --runs', stops: onStage };
  }
  return roomCheck(name, there, 'make room there, or name another folder with --runs');
}

function roomCheck(name: string, folder: string, remedy: string): Check {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const found = `${folder}, ${sized(free)} free`;
  if (free < leastBytes) return { name, state: 'missing', found, means: 'the disk would be full in the first scenario', remedy, stops: undertakings };
  if (free < comfortableBytes) return { name, state: 'limited', found, means: 'enough for single features; long runs may fill the disk', remedy };
  return { name, state: 'ok', found };
}

export function filesCheck(most: Limit = ownLimit('Max open files')): Check {
  const name = 'open files';
  if (most === undefined) return { name, state: 'ok', found: 'the system does not tell a limit' };
  const found = most === Infinity ? 'no limit' : `up to ${most} at once`;
  const remedy = `ulimit -n ${comfortableFiles * 2} before the command, or a higher hard limit`;
  if (most < leastFiles) return { name, state: 'missing', found, means: 'a stage and its doors need more', remedy, stops: onStage };
  if (most < comfortableFiles) return { name, state: 'limited', found, means: 'enough for two validators at once; many would fail for want of descriptors', remedy };
  return { name, state: 'ok', found };
}

export function processesCheck(left: Limit = roomForProcesses()): Check {
  const name = 'processes';
  if (left === undefined) return { name, state: 'ok', found: 'the system does not tell a limit' };
  const found = left === Infinity ? 'no limit' : `room for ${left} more, threads counted`;
  const remedy = 'raise ulimit -u, or the pids limit of the container';
  if (left < leastProcesses) return { name, state: 'missing', found, means: 'two validators and git have more threads than that', remedy, stops: onStage };
  if (left < comfortableProcesses) return { name, state: 'limited', found, means: 'enough for two validators at once; many could not be started', remedy };
  return { name, state: 'ok', found };
}

export function coresCheck(granted: Limit = grantedCores(), present = availableParallelism()): Check {
  const name = 'cores';
  const cores = Math.min(present, granted ?? Infinity);
  const found = cores < present ? `${rounded(cores)} of ${present}, by the limit of this container` : String(present);
  if (cores >= 2) return { name, state: 'ok', found };
  return { name, state: 'limited', found, means: 'all works, slowly: overlaps are forced and not left to luck; --parallel gains nothing' };
}

export function memoryCheck(granted = process.constrainedMemory(), present = totalmem()): Check {
  const name = 'memory';
  const isLimited = granted > 0 && granted < present;
  const bytes = isLimited ? granted : present;
  const found = `${sized(bytes)}${isLimited ? ', by the limit of this container' : ''}`;
  if (bytes >= comfortableMemory) return { name, state: 'ok', found };
  return { name, state: 'limited', found, means: 'several validators at once may be ended by the system', remedy: 'more memory, or fewer validators at a time' };
}

/** The folder itself, or the next one above that is there. */
function existing(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existing(dirname(folder));
}

function sized(bytes: number): string {
  return bytes >= 1024 * mebibyte ? `${rounded(bytes / (1024 * mebibyte))} GiB` : `${Math.floor(bytes / mebibyte)} MiB`;
}

function rounded(count: number): string {
  return String(Math.round(count * 10) / 10);
}
