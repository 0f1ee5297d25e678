// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { StampedeError } from '../foundation/errors.ts';
import { startTimeOf } from '../foundation/process-table.ts';

const ownerForm = /^owner-(.+)-(\d+)-(\d+|unknown)$/;

/**
 * One process at a time has a store, readers too. Each puts a file with its own name there first and looks then: whoever sees another
 * that lives goes away, so never two are in. Those of processes that are gone, as after `kill -9`, are removed. Returns how to leave.
 * @throws StampedeError STORE_BUSY naming the process; on another machine nobody can see whether it lives
 */
export function takeStore(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const [host, started] = [hostname(), startTimeOf(process.pid) ?? 'unknown'];
  const own = join(folder, `owner-${host}-${process.pid}-${started}`);
  if (readdirSync(folder).some((name) => join(folder, name) === own)) throw busy(folder, 'this very process has it open');
  writeFileSync(own, '');
  const leave = (): void => rmSync(own, { force: true });
  for (const name of readdirSync(folder)) {
    const [, theirHost, pid, theirStart] = ownerForm.exec(name) ?? [];
    if (pid === undefined || join(folder, name) === own) continue;
    const isElsewhere = theirHost !== host;
    if (isElsewhere || lives(Number(pid), theirStart)) {
      leave();
      throw busy(folder, `process ${pid}${isElsewhere ? ` of ${theirHost}` : ''} has it open`, isElsewhere ? `if that one is gone, remove ${join(folder, name)}` : undefined);
    }
    rmSync(join(folder, name), { force: true });
  }
  return leave;
}

function lives(pid: number, started: string | undefined): boolean {
  if (started !== 'unknown') return startTimeOf(pid) === started;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function busy(folder: string, why: string, hint = 'wait until it ends, or give another --store'): StampedeError {
  return new StampedeError('STORE_BUSY', `the store ${folder} is in use: ${why}`, { hint });
}
