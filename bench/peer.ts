// SPDX-License-Identifier: Apache-2.0
import { fork } from 'node:child_process';
import { once } from 'node:events';

/** One file without a loader, as the validator is: under a loader collecting garbage costs twice as much. */
export async function bundled(source: string, outfile: string): Promise<string> {
  const { build } = await import('esbuild');
  const require = "import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);";
  await build({ entryPoints: [source], outfile, bundle: true, platform: 'node', target: 'node20', format: 'esm', banner: { js: require }, logLevel: 'error' });
  return outfile;
}

/** Has a process of its own do a task: it says `ready`, gets the task, answers once. */
export async function askPeer<Task extends object, Answer>(peer: string, task: Task): Promise<Answer> {
  const child = fork(peer, { execArgv: [] });
  const ended = once(child, 'exit').then(([status]) => {
    throw new Error(`the process that measures ended with ${status}`);
  });
  ended.catch(() => undefined);
  await Promise.race([once(child, 'message'), ended]);
  child.send(task);
  const [answer] = (await Promise.race([once(child, 'message'), ended])) as [Answer];
  if (child.connected) child.disconnect();
  return answer;
}
