// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { wallClock } from '../foundation/clock.ts';
import { StampedeError } from '../foundation/errors.ts';
import { startTimeOf } from '../foundation/process-table.ts';
import { haveUnrelatedFolders } from '../foundation/unrelated-folders.ts';

/** One run of a command: everything temporary lies in its folder, which goes with it. */
export interface Session extends AsyncDisposable {
  readonly id: string;
  readonly directory: string;
  /** Where started processes are noted. */
  readonly ledgerFile: string;
}

export interface SweepOptions {
  readonly root?: string;
  /** Ends the processes of a ledger that still run. */
  readonly endLeftovers: (ledgerFile: string) => number;
}

export interface Swept {
  readonly id: string;
  /** Processes that had to be ended. */
  readonly processes: number;
}

const ownerFile = 'owner.json';
const ledger = 'processes.ndjson';
const sessionForm = /^session-[0-9a-f-]{36}$/;
const sweptForm = /^swept-[0-9a-f-]{36}$/;
const ownerSchema = z.object({ pid: z.number().int().positive(), startTime: z.string().nullable(), created: z.string() });

/** One folder a user, so that users of one machine never meet. */
export function usualRoot(): string {
  return join(tmpdir(), `stampede-${userInfo().uid}`);
}

/** @throws StampedeError FOLDER_NOT_WRITABLE */
export async function openSession({ root = usualRoot() }: { readonly root?: string } = {}): Promise<Session> {
  const id = `session-${randomUUID()}`;
  const directory = join(root, id);
  open(directory);
  try {
    const made = await mkdir(root, { recursive: true, mode: 0o700 });
    if (made !== undefined) await haveUnrelatedFolders(root);
    const { uid } = await lstat(root);
    if (process.getuid !== undefined && uid !== process.getuid()) throw new Error(`${root} belongs to another user`);
    await mkdir(directory, { mode: 0o700 });
    const owner = { pid: process.pid, startTime: startTimeOf(process.pid) ?? null, created: wallClock().toISOString() };
    await writeFile(join(directory, ownerFile), JSON.stringify(owner));
  } catch (cause) {
    throw new StampedeError('FOLDER_NOT_WRITABLE', `can't make a temporary folder in ${root}`, { cause, hint: 'set TMPDIR to a folder that can be written' });
  }
  const remove = async (): Promise<void> => {
    sessions.set(directory, 'removed');
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  };
  return { id, directory, ledgerFile: join(directory, ledger), [Symbol.asyncDispose]: remove };
}

const sessions = new Map<string, 'open' | 'removed'>();

function open(directory: string): void {
  if (sessions.size === 0) process.once('exit', removeAll);
  sessions.set(directory, 'open');
}

/**
 * When a command is ended, a session may be half made, or what is under way makes folders of a removed one anew; at the exit nothing is under way. One that is open and
 * has noted processes is left to the next start, which ends them.
 */
function removeAll(): void {
  for (const [directory, state] of sessions) if (state === 'removed' || !existsSync(join(directory, ledger))) rmSync(directory, { recursive: true, force: true });
}

/**
 * Removes what runs left that were killed: first their processes, then their folders. Sessions whose owner lives are
 * not touched, nor anything that is not a session. Two sweeps at once share the work: a folder is taken by renaming it.
 */
export async function sweepSessions({ root = usualRoot(), endLeftovers }: SweepOptions): Promise<readonly Swept[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const swept: Swept[] = [];
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    const directory = join(root, entry.name);
    if (sweptForm.test(entry.name)) await rm(directory, { recursive: true, force: true });
    if (!sessionForm.test(entry.name) || !(await isOrphan(directory))) continue;
    const processes = endLeftovers(join(directory, ledger));
    const taken = join(root, entry.name.replace('session-', 'swept-'));
    const isMine = await rename(directory, taken).then(() => true, () => false);
    if (!isMine) continue;
    await rm(taken, { recursive: true, force: true });
    swept.push({ id: entry.name, processes });
  }
  return swept;
}

/** True when the process that made the session is gone; its pid may have gone to another one since. */
async function isOrphan(directory: string): Promise<boolean> {
  const text = await readFile(join(directory, ownerFile), 'utf8').catch(() => undefined);
  if (text === undefined) return false;
  const owner = ownerSchema.safeParse(jsonOf(text));
  if (!owner.success) return false;
  const { pid, startTime } = owner.data;
  if (startTime !== null) return startTimeOf(pid) !== startTime;
  return !isRunning(pid);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
