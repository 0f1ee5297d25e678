// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../src/foundation/root.ts';
import { StampedeError } from '../src/foundation/errors.ts';
import { findTool } from '../src/foundation/tools.ts';
import type { StageAddresses } from '../src/stage/service.ts';

/** A server in a process of its own. */
export interface BenchServer extends AsyncDisposable {
  readonly pid: number;
  readonly registryUrl: string;
}

export interface BenchStage extends BenchServer {
  readonly rekorUrl: string;
  /** Of the services, as the stage says; the whole command as its caller sees it. */
  readonly servicesMs: number;
  readonly commandMs: number;
}


/** What `npm run stage` runs, without npm: `exec node`, and these words. */
async function stageWords(): Promise<readonly string[]> {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { readonly scripts: { readonly stage: string } };
  const [, , ...words] = scripts.stage.split(' ');
  return words;
}

/** The stage as `npm run stage` starts it. */
export async function startBenchStage(): Promise<BenchStage> {
  const words = await stageWords();
  const began = performance.now();
  const child = spawn(process.execPath, [...words, '--json'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await firstLine(child, 'stdout', /^\{/);
  const commandMs = performance.now() - began;
  const { addresses, durationMs } = JSON.parse(line) as { readonly addresses: StageAddresses; readonly durationMs: number };
  return { ...running(child), registryUrl: addresses.registryUrl, rekorUrl: addresses.rekorUrl, servicesMs: durationMs, commandMs };
}

/**
 * Debian's registry, with its own defaults, files in `folder`, a free port. https://packages.debian.org/docker-registry
 * @throws StampedeError TOOL_MISSING
 */
export async function startDockerRegistry(folder: string): Promise<BenchServer> {
  const program = findTool('docker-registry');
  if (program === undefined) throw new StampedeError('TOOL_MISSING', 'docker-registry, which is measured against, is not there', { hint: 'apt-get install docker-registry' });
  await mkdir(folder, { recursive: true });
  const settings = join(folder, 'config.yml');
  await writeFile(settings, `version: 0.1\nlog: {accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: ${folder}/files}, delete: {enabled: true}}\nhttp: {addr: '127.0.0.1:0'}\n`);
  const child = spawn(program, ['serve', settings], { stdio: ['ignore', 'ignore', 'pipe'] });
  const line = await firstLine(child, 'stderr', /listening on /);
  const address = /listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1] ?? '';
  return { ...running(child), registryUrl: `http://${address}` };
}

/** The first line of this form; what comes after it is read and dropped. */
async function firstLine(child: ChildProcess, from: 'stdout' | 'stderr', form: RegExp): Promise<string> {
  const stream = child[from];
  if (stream === null) throw new TypeError(`${from} is not read`);
  const said: string[] = [];
  const found = new Promise<string>((resolve, reject) => {
    const lines = createInterface({ input: stream });
    lines.on('line', (line) => {
      if (form.test(line)) resolve(line);
      else said.push(line);
    });
    lines.on('close', () => reject(new Error(`a server did not start: ${said.slice(-3).join(' | ')}`)));
  });
  return await found;
}

function running(child: ChildProcess): Pick<BenchServer, 'pid' | typeof Symbol.asyncDispose> {
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };
  return { pid: child.pid ?? 0, [Symbol.asyncDispose]: stop };
}
