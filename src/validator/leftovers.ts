// SPDX-License-Identifier: Apache-2.0
import { appendFileSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { processesOfSession, signalGroup, startTimeOf } from '../foundation/process-table.ts';

interface Entry {
  readonly pid: number;
  readonly startTime: string | undefined;
}

/** Notes a process group in the ledger, so that it can be ended even after this process was killed. */
export function noteProcess(ledgerFile: string, pid: number): void {
  appendFileSync(ledgerFile, `${JSON.stringify({ pid, startTime: startTimeOf(pid) } satisfies Entry)}\n`);
}

/**
 * Kills the groups of a ledger whose leader is still the process that was started (same pid, same start time), then
 * what else has its home beside the ledger: one whose starter was killed before it could note it, or that left its
 * group. Returns how many. A ledger that is not there names none; lines that don't parse are passed over.
 */
export function endLeftovers(ledgerFile: string): number {
  const noted = readLedger(ledgerFile).filter(({ pid, startTime }) => {
    const isTheSame = startTime !== undefined && startTimeOf(pid) === startTime;
    return isTheSame && signalGroup(pid, 'SIGKILL');
  });
  const strays = processesOfSession(dirname(ledgerFile)).filter((pid) => !noted.some((entry) => entry.pid === pid) && kill(pid));
  return noted.length + strays.length;
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

function readLedger(ledgerFile: string): readonly Entry[] {
  let text: string;
  try {
    text = readFileSync(ledgerFile, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    try {
      const entry = JSON.parse(line) as Partial<Entry>;
      return Number.isInteger(entry.pid) && Number(entry.pid) > 1 ? [{ pid: Number(entry.pid), startTime: entry.startTime }] : [];
    } catch {
      return [];
    }
  });
}
