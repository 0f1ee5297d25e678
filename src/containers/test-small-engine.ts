// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Dockerode from 'dockerode';
import { packTar } from 'modern-tar';

/** A dockerd for one test, whose whole disk is a few megabytes of memory that only it sees. */
export interface SmallEngine extends AsyncDisposable {
  readonly api: Dockerode;
  readonly dockerHost: string;
  /** Takes what room there is. */
  fill(): void;
  empty(): void;
}

/** Undefined, said aloud, for whoever can't start one; where STAMPEDE_REQUIRE_ENGINE is set that is a failure. */
export async function startSmallEngine(megabytes: number): Promise<SmallEngine | undefined> {
  if (process.getuid?.() === 0 && isOnPath('dockerd') && isOnPath('unshare')) return await start(megabytes);
  if (process.env['STAMPEDE_REQUIRE_ENGINE'] === '1') throw new Error('an engine of its own needs root, dockerd and unshare');
  process.stderr.write('skipped: tests with an engine of their own, they need root and dockerd\n');
  return undefined;
}

async function start(megabytes: number): Promise<SmallEngine> {
  // Short: a socket's address holds 108 bytes.
  const folder = mkdtempSync('/tmp/stampede-small-');
  const [data, socket] = [join(folder, 'data'), join(folder, 's')];
  mkdirSync(data);
  // Networks, rules and mounts are seen by it alone and go with it: networks it can't take back on a full disk would stay for ever.
  const options = ['--data-root', data, '--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'pid'), '--host', `unix://${socket}`, '--bridge=none', '--iptables=false', '--ip-masq=false'];
  const script = `mount -t tmpfs -o size=${megabytes}m tmpfs "$0" && exec setpriv --pdeathsig TERM dockerd "$@"`;
  const dockerd = spawn('unshare', ['--mount', '--net', 'sh', '-c', script, data, ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
  const said: string[] = [];
  dockerd.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const api = new Dockerode({ socketPath: socket });
  while (!(await api.ping().then(() => true, () => false))) {
    if (dockerd.exitCode !== null) throw new Error(`the engine did not start:\n${said.join('').slice(-2000)}`);
    await pause(100);
  }
  const filling = join(`/proc/${dockerd.pid}/root`, data, 'filling');
  return {
    api,
    dockerHost: `unix://${socket}`,
    fill: () => fillDisk(filling),
    empty: () => rmSync(filling, { force: true }),
    async [Symbol.asyncDispose]() {
      const exited = once(dockerd, 'exit');
      dockerd.kill('SIGTERM');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function fillDisk(path: string): void {
  // The last pages, too: a container's folders are small.
  for (const size of [1 << 20, 1 << 12]) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(size), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** An image with nothing in it, as `docker save` writes it. */
export async function emptyImage(name: string, architecture: string): Promise<Buffer> {
  const layer = Buffer.alloc(1024);
  const config = { architecture, os: 'linux', config: { Cmd: ['/none'] }, rootfs: { type: 'layers', diff_ids: [`sha256:${createHash('sha256').update(layer).digest('hex')}`] } };
  const files = { 'config.json': JSON.stringify(config), 'layer.tar': layer, 'manifest.json': JSON.stringify([{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }]) };
  return Buffer.from(await packTar(Object.entries(files).map(([path, body]) => ({ header: { name: path, size: Buffer.byteLength(body) }, body }))));
}
