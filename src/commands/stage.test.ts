// SPDX-License-Identifier: Apache-2.0
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { signalGroup } from '../foundation/process-table.ts';
import { root } from '../foundation/root.ts';
import { TestProject, type RunningCommand } from './test-project.ts';

let project: TestProject;

beforeAll(async () => (project = await TestProject.open()));
afterAll(async () => await project.close());

/** Runs a line in a shell, as a person would who copied it. */
async function shell(line: string, directory = project.folder): Promise<string> {
  return await new Promise((resolve, reject) => {
    execFile('sh', ['-c', line], { cwd: directory, env: { PATH: process.env['PATH'], HOME: directory, GIT_CONFIG_NOSYSTEM: '1' } }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${line}\n${stderr}`, { cause: error }));
    });
  });
}

async function up(args: readonly string[] = []): Promise<RunningCommand> {
  const running = project.start(['stage', ...args]);
  await running.seen(/Ctrl-C stops it/);
  return running;
}

describe('npm run stage', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('stops everything at %s', async (signal, wanted) => {
    const { child, ended } = await up();
    expect(project.leftSessions()).toHaveLength(1);
    child.kill(signal);
    const { status, output } = await ended;
    expect(status).toBe(wanted);
    expect(project.leftSessions()).toEqual([]);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0] ?? '';
    await expect(fetch(url)).rejects.toThrow();
  });

  it('stops everything when npm is told to, which a script knows the number of', async () => {
    const npm = spawn('npm', ['run', '-s', 'stage', '--', '--json', '--only', 'registry'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    onTestFinished(() => void signalGroup(npm.pid ?? 0, 'SIGKILL'));
    const ended = once(npm, 'exit');
    const [line] = (await once(npm.stdout, 'data')) as [Buffer];
    const { addresses } = JSON.parse(line.toString()) as { readonly addresses: { readonly registryUrl: string } };
    expect((await fetch(`${addresses.registryUrl}/v2/`)).status).toBe(200);
    npm.kill('SIGTERM');
    await ended;
    await expect(fetch(`${addresses.registryUrl}/v2/`)).rejects.toThrow();
  });

  it('prints commands that work as they are', async () => {
    const running = await up(['--port', 'registry=0']);
    const shown = running.shown();
    const lines = shown.split('\n').map((line) => line.trim());
    const exports = lines.filter((line) => line.startsWith('export ')).join('; ');
    expect(exports).toContain('SIGSTORE_REKOR_PUBLIC_KEY=');
    const curls = lines.filter((line) => line.startsWith('curl '));
    expect(JSON.parse(await shell(`${exports}; ${curls[0]} -sf`))).toEqual({ repositories: [] });
    expect(JSON.parse(await shell(`${exports}; ${curls[1]} -sf`))).toMatchObject({ treeSize: 0 });
    const tree = join(project.folder, 'tree');
    mkdirSync(tree);
    await shell('git init -q -b main && git -c user.name=a -c user.email=a@localhost commit -q --allow-empty -m one', tree);
    await shell(lines.find((line) => line.startsWith('git -c')) ?? 'false', tree);
    const remote = /https:\S+policy\.git/.exec(shown)?.[0] ?? '';
    expect(await shell(`${exports}; git ls-remote ${remote}`)).toContain('refs/heads/main');
    running.child.kill('SIGINT');
    await running.ended;
  });

  it('says all of it in one line for programs, and goes on with what it had', async () => {
    const data = join(project.folder, 'data');
    const seen: { readonly addresses: { readonly rekorUrl: string; readonly registryUrl: string }; readonly environment: Record<string, string> }[] = [];
    for (const round of [1, 2]) {
      const running = project.start(['stage', '--json', '--data', data]);
      await running.seen(/\n$/);
      seen.push(JSON.parse(running.shown()) as (typeof seen)[number]);
      const { registryUrl } = seen.at(-1)!.addresses;
      if (round === 1) await fetch(`${registryUrl}/v2/kept/manifests/one`, { method: 'PUT', body: '{"schemaVersion":2}', headers: { 'content-type': 'application/vnd.oci.image.index.v1+json' } });
      expect(await (await fetch(`${registryUrl}/v2/kept/tags/list`)).json()).toEqual({ name: 'kept', tags: ['one'] });
      running.child.kill('SIGTERM');
      expect((await running.ended).status).toBe(143);
    }
    expect(Object.keys(seen[0]!.environment)).toEqual(['SIGSTORE_REKOR_PUBLIC_KEY', 'SSL_CERT_FILE', 'GIT_SSL_CAINFO', 'KUBECONFIG']);
    expect(readFileSync(join(data, 'rekor', 'identity.json'), 'utf8')).toContain('treeId');
    expect(project.leftSessions()).toEqual([]);
  });

  it('says when a port is taken, and leaves nothing', async () => {
    const first = await up();
    const port = /127\.0\.0\.1:(\d+)/.exec(first.shown())?.[1] ?? '';
    const { status, output } = await project.start(['stage', '--port', `registry=${port}`]).ended;
    expect(output).toContain('PORT_TAKEN: ');
    expect(status).toBe(2);
    first.child.kill('SIGINT');
    await first.ended;
    expect(project.leftSessions()).toEqual([]);
  });

  it.each([['--port', 'registry'], ['--port', 'printer=1'], ['--port', 'registry=70000'], ['--bogus'], ['--stage=containers', '--data=x']])('refuses %s %s', async (...args) => {
    const { status, output } = await project.start(['stage', ...args]).ended;
    expect(output).toContain('CONFIG_INVALID: ');
    expect(status).toBe(2);
  });
});
