// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { startTimeOf } from '../foundation/process-table.ts';
import { isOrphan, newProject, newSessionTag, tagOf } from './session-tag.ts';

const own = newSessionTag();

it('is found again in the project of a service', () => {
  expect(tagOf(newProject(own, 'trillian-log-server'))).toBe(own);
  expect(newProject(own, 'git')).not.toBe(newProject(own, 'git'));
  expect(newSessionTag()).not.toBe(own);
});

it.each(['', 'stampede', 'stampede-web', 'my-stampede-0a1b2c3d-1-2-0a1b2c3d-x', 'stampede-0a1b2c3d-1-2-0a1b2c3d'])('is not in the project %j of somebody else', (project) => {
  expect(tagOf(project)).toBeUndefined();
});

it('belongs to nobody once its process is gone, and not before', async () => {
  const child = spawn('sleep', ['60']);
  const [, machine, , , random] = own.split('-');
  const tag = ['stampede', machine, child.pid, startTimeOf(child.pid!), random].join('-');
  expect(isOrphan(own)).toBe(false);
  expect(isOrphan(tag)).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isOrphan(tag)).toBe(true);
});

it('of another machine is never an orphan: its process can not be seen from here', () => {
  expect(isOrphan('stampede-00000000-999999-1-0a1b2c3d')).toBe(false);
});

it('a pid that has gone to another process does not keep it alive', () => {
  const [, machine, , , random] = own.split('-');
  expect(isOrphan(['stampede', machine, process.pid, '1', random].join('-'))).toBe(true);
});
