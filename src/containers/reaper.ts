// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { isCompiled, ownModule, root } from '../foundation/root.ts';

/** A process of its own that removes a run's containers should the run be killed. */
export interface Reaper {
  /** Everything is removed already: it may go. */
  dismiss(): Promise<void>;
}

/** The word on its input after which the reaper goes without removing anything. */
export const dismissal = 'done';

/**
 * Starts the reaper in a session of its own, where no Ctrl-C and no signal to the group reaches it. It lives as long
 * as the pipe to this process: the kernel closes that even after `kill -9`.
 */
export function startReaper(tag: string): Reaper {
  const loader = isCompiled() ? [] : ['--import', import.meta.resolve('tsx')];
  const child = spawn(process.execPath, [...loader, join(root, ownModule('src/containers/reaper-program')), tag], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.on('error', () => undefined);
  child.on('error', () => undefined);
  // Neither the process nor its pipe keeps the run alive.
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return {
    async dismiss() {
      if (child.exitCode !== null || child.pid === undefined) return;
      const exited = once(child, 'exit');
      child.ref();
      child.stdin.end(`${dismissal}\n`);
      await exited;
    },
  };
}
