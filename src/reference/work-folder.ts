// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What one run leaves on this machine while it works: a temp folder, unfinished files, programs it started. */
export interface WorkFolder {
  /** An empty folder of its own. */
  folder(name: string): string;
  /** Removes `file` at the end should it still be there then; the function returned forgets about it. */
  removeAtEnd(file: string): () => void;
  /** Runs a program and returns its standard output. Rejects as node:child_process does. */
  run(program: string, args: readonly string[], options: RunOptions): Promise<string>;
  /** Ends the programs, waits for them, removes everything. Never throws; calling it again does nothing. */
  clear(): Promise<void>;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Makes nothing until something is asked for. */
export function openWorkFolder(): WorkFolder {
  const programs = startPrograms();
  const unfinished = new Set<string>();
  let root: string | undefined;
  let count = 0;
  return {
    folder: (name) => {
      root ??= mkdtempSync(join(tmpdir(), 'ec-work-'));
      const path = join(root, `${count++}-${name}`);
      mkdirSync(path);
      return path;
    },
    removeAtEnd: (file) => {
      unfinished.add(file);
      return () => void unfinished.delete(file);
    },
    run: programs.run,
    clear: async () => {
      await programs.end();
      for (const path of [...unfinished, ...(root === undefined ? [] : [root])]) remove(path);
      unfinished.clear();
      root = undefined;
    },
  };
}

function startPrograms(): Pick<WorkFolder, 'run'> & { readonly end: () => Promise<void> } {
  const ended = new AbortController();
  const running = new Set<Promise<unknown>>();
  return {
    run: async (program, args, options) =>
      await new Promise<string>((resolve, reject) => {
        const settings = { ...options, signal: ended.signal, maxBuffer: 16 * 1024 * 1024 };
        const child = execFile(program, args, settings, (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else reject(Object.assign(error as Error, { stderr }));
        });
        const closed = new Promise((close) => child.once('close', close).once('error', close));
        running.add(closed);
        void closed.then(() => running.delete(closed));
      }),
    end: async () => {
      ended.abort();
      await Promise.all(running);
    },
  };
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    process.stderr.write(`Warning: could not remove ${path}\n`);
  }
}
