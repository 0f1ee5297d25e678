// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { wallClock } from '../foundation/clock.ts';
import type { Hider } from '../foundation/secrets.ts';
import type { StartedService } from '../stage/service.ts';

/** Stored runs of past commands that are kept; older ones go. */
const keptRuns = 20;
const runForm = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-[\w.-]+$/;

export interface RunFolder {
  readonly id: string;
  readonly folder: string;
}

/** Makes the folder for one command's stored runs, points `latest` at it, and removes the oldest beyond twenty. */
export async function openRunFolder(runs: string, seed: string): Promise<RunFolder> {
  const time = wallClock().toISOString().slice(0, 19).replaceAll(':', '-');
  const id = `${time}-${seed.replace(/[^\w.-]/g, '_')}-${process.pid}`;
  const folder = join(runs, id);
  await mkdir(folder, { recursive: true });
  await pointLatest(runs, id);
  const past = (await readdir(runs)).filter((name) => runForm.test(name)).sort();
  await Promise.all(past.slice(0, -keptRuns).map(async (name) => await rm(join(runs, name), { recursive: true, force: true })));
  return { id, folder };
}

/** What the services said last, beside the histories, without secrets. */
export async function storeServiceLogs(services: readonly StartedService[], folder: string, { hide }: Pick<Hider, 'hide'>): Promise<void> {
  await mkdir(join(folder, 'services'), { recursive: true });
  await Promise.all(services.map(async (service) => await writeFile(join(folder, 'services', `${service.name}.log`), hide(`${service.logs().join('\n')}\n`))));
}

/** A convenience for people: where links can't be made, it is left out. */
async function pointLatest(runs: string, id: string): Promise<void> {
  const link = join(runs, 'latest');
  await unlink(link).catch(() => undefined);
  await symlink(id, link).catch(() => undefined);
}
