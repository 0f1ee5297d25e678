// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

export interface Said {
  readonly status: number | null;
  readonly text: string;
  readonly last: string;
  readonly errors: string;
}

/** The whole command, in a process of its own, with its runs in that folder. */
export function exploring(runs: string): (...args: readonly string[]) => Said {
  return (...args) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/stampede.mjs', 'explore', '--store', runs, ...args], { cwd: projectRoot, encoding: 'utf8' });
    return { status, text: stdout, last: stdout.trimEnd().split('\n').at(-1) ?? '', errors: stderr };
  };
}
