// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { startTimeOf } from '../foundation/process-table.ts';

/** Compose's own label: containers, networks and volumes carry it, whoever started them. */
export const projectLabel = 'com.docker.compose.project';

/**
 * Names the projects of one run so that anybody can tell whether the run still lives: machine, pid, start time.
 * Several machines may share one engine, and pids are used again.
 */
export function newSessionTag(): string {
  return ['stampede', thisMachine(), process.pid, startTimeOf(process.pid) ?? 0, randomBytes(4).toString('hex')].join('-');
}

/** A project for one service of a run; another one at each call, since a run may have several stages. */
export function newProject(tag: string, service: string): string {
  return [tag, service, randomBytes(3).toString('hex')].join('-');
}

/** The tag in a project's name; undefined for projects of others. */
export function tagOf(project: string): string | undefined {
  return /^stampede-[0-9a-f]{8}-\d+-\d+-[0-9a-f]{8}(?=-)/.exec(project)?.[0];
}

/** Of the process whose run it is, on its machine. */
export function pidOf(tag: string): number {
  return Number(tag.split('-')[2]);
}

/** True only for a run of this machine whose process is gone; of others nothing is known. */
export function isOrphan(tag: string): boolean {
  const [, machine, , startTime] = tag.split('-');
  return machine === thisMachine() && startTime !== '0' && startTimeOf(pidOf(tag)) !== startTime;
}

/** Same for all processes that see each other's pids; another after a restart of the machine. */
function thisMachine(): string {
  const seen = [hostname(), ...[() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'), () => readlinkSync('/proc/self/ns/pid')].map(orNothing)];
  return createHash('sha256').update(seen.join('\n')).digest('hex').slice(0, 8);
}

function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
