// SPDX-License-Identifier: Apache-2.0
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainFeature, TestProject } from '../commands/test-project.ts';
import { pidOf, projectLabel, tagOf } from './session-tag.ts';
import { testEngine } from './test-engine.ts';

// Testcontainers' own reaper can't be had everywhere; one that speaks as it does, https://github.com/testcontainers/moby-ryuk, stands in for it.

const engine = await testEngine();
const image = 'stampede-test-reaper:local';
const base = 'stampede-base:local';
const hasBase = engine !== undefined && (await engine.api.getImage(base).inspect().then(() => true, () => false));
const isReaper = 'org.testcontainers.ryuk';

/** Takes lines that say what to remove, answers each, and ends when nobody is connected any more. */
const program = `
use IO::Socket::INET; use IO::Select; $| = 1;
my $door = IO::Socket::INET->new(LocalPort => 8080, Listen => 16, ReuseAddr => 1) or die;
my $all = IO::Select->new($door); my $had = 0; print "Started\\n";
while (1) {
  for my $one ($all->can_read(1)) {
    if ($one == $door) { $all->add($door->accept); $had = 1; next }
    if (sysread($one, my $said, 4096)) { print $said; syswrite($one, "ACK\\n") } else { $all->remove($one); close $one }
  }
  exit 0 if $had && $all->count == 1;
}`;

/** Who asked for the engine in this process has settled it for what is started from here. */
const undecided = { TESTCONTAINERS_RYUK_DISABLED: '' };

let project: TestProject;
beforeAll(async () => {
  project = await TestProject.open();
  await project.feature(plainFeature);
  if (!hasBase) return;
  const container = await engine.api.createContainer({ Image: base, Cmd: ['perl', '-e', program] });
  const [repo, tag] = image.split(':');
  await container.commit({ repo, tag, changes: `LABEL ${isReaper}=true` });
  await container.remove();
});
afterAll(async () => {
  await project.close();
  await engine?.api.getImage(image).remove().catch(() => undefined);
});

async function reapers(): Promise<readonly string[]> {
  const found = await engine!.api.listContainers({ all: true, filters: { label: [`${isReaper}=true`] } });
  return found.map(({ Id }) => Id);
}

describe.skipIf(!hasBase)("testcontainers' reaper", { timeout: 120_000 }, () => {
  it('is one, and told of all containers, where its image is in the engine; it ends after the run', async () => {
    rmSync(join(project.folder, 'go'), { force: true });
    await project.script(`#!/bin/sh\ntouch ${join(project.folder, 'waiting')}\nwhile [ -d ${project.folder} ] && [ ! -e ${join(project.folder, 'go')} ]; do sleep 0.1; done\n`);
    const running = project.start(['acceptance', ...project.flags(), '--stage', 'containers', '--deadline', '500000'], { ...undecided, RYUK_CONTAINER_IMAGE: image });
    await expect.poll(() => project.exists('waiting'), { timeout: 60_000 }).toBe(true);
    const [reaper = '', ...others] = await reapers();
    expect(others).toEqual([]);
    const told = (await engine!.api.getContainer(reaper).logs({ stdout: true, follow: false })).toString('latin1');
    const wanted = [...told.matchAll(/label=([^=\s]+)=([\w.-]+)/g)];
    const started = await engine!.api.listContainers({ all: true, filters: { label: [projectLabel] } });
    const ours = started.filter(({ Labels }) => running.child.pid === pidOf(tagOf(Labels[projectLabel] ?? '') ?? ''));
    expect(ours.length).toBeGreaterThan(6);
    for (const { Names, Labels } of ours) expect(wanted.some(([, label = '', value]) => Labels[label] === value), Names.join()).toBe(true);
    await project.write('go', '');
    expect((await running.ended).status).toBe(0);
    await expect.poll(reapers, { timeout: 30_000 }).toEqual([]);
  });

  it('is not asked for where it is not', async () => {
    await project.script('#!/bin/sh\nexit 0\n');
    const { status } = await project.acceptance(['--stage', 'containers'], { ...undecided, RYUK_CONTAINER_IMAGE: 'stampede-nowhere:local' });
    expect(status).toBe(0);
  });
});
