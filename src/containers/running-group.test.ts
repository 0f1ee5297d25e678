// SPDX-License-Identifier: Apache-2.0
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import type { Engine } from './engine.ts';
import { GroupLog, type RunningContainer } from './running-group.ts';

const container = (service: string): RunningContainer => ({ id: service, service, ports: new Map() });

/** An engine whose containers have these logs; `silent` is answered like Podman does, with the first line, which never comes. */
function engineWith(logs: Readonly<Record<string, PassThrough | 'silent' | Error>>): { readonly engine: Engine; readonly dropped: string[] } {
  const dropped: string[] = [];
  const open = async (id: string, signal: AbortSignal): Promise<unknown> => {
    const log = logs[id]!;
    if (log instanceof PassThrough) return log;
    if (log instanceof Error) throw log;
    return await new Promise((_resolve, reject) => signal.addEventListener('abort', () => (dropped.push(id), reject(new Error('aborted')))));
  };
  const api = {
    getContainer: (id: string) => ({ logs: async ({ abortSignal }: { readonly abortSignal: AbortSignal }) => await open(id, abortSignal) }),
    modem: { demuxStream: (from: PassThrough, to: PassThrough) => void from.on('data', (bytes: Buffer) => to.write(bytes)) },
  };
  return { engine: { api } as unknown as Engine, dropped };
}

it('a container that says nothing keeps nobody waiting, and its request is dropped at the end', async () => {
  const registry = new PassThrough();
  const { engine, dropped } = engineWith({ git: 'silent', registry });
  const log = new GroupLog();
  log.follow(engine, [container('git'), container('registry')]);
  registry.write('listening\n');
  await expect.poll(() => log.lines()).toEqual(['[registry] listening']);
  registry.end('last words\n');
  await log.close();
  expect(log.lines()).toEqual(['[registry] listening', '[registry] last words']);
  expect(dropped).toEqual(['git']);
});

it('a log that the engine does not give is said in its place', async () => {
  const { engine } = engineWith({ git: new Error('no such container') });
  const log = new GroupLog();
  log.follow(engine, [container('git')]);
  await log.close();
  expect(log.lines()).toEqual(['(the engine does not give the log: Error: no such container)']);
});

it('the last two hundred lines are kept', async () => {
  const registry = new PassThrough();
  const { engine } = engineWith({ registry });
  const log = new GroupLog();
  log.follow(engine, [container('registry')]);
  registry.end(Array.from({ length: 250 }, (_, index) => `line ${index}\n`).join(''));
  await log.close();
  expect(log.lines()).toHaveLength(200);
  expect([log.lines().at(0), log.lines().at(-1)]).toEqual(['line 50', 'line 249']);
});
