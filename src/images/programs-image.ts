// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { isDiskFull } from '../containers/engine-trouble.ts';
import type { Engine } from '../containers/engine.ts';
import { StampedeError } from '../foundation/errors.ts';
import type { Base } from './base-image.ts';
import { contentOf, contextFiles, presentImage } from './content.ts';
import { buildInEngine, importTar, tryPull } from './engine-build.ts';

export const programsImage = 'stampede-programs:local';

export interface ProgramsRequest {
  readonly image: string;
  /** Absolute: `images/programs`. */
  readonly folder: string;
  readonly base: Pick<Base, 'isPulled'>;
  /** What the programs are built in where it can be pulled, pinned by its digest. */
  readonly goImage: string;
  readonly isFresh: boolean;
  readonly say: (line: string) => void;
}

/**
 * Makes the image with the programs that are built from Go modules: in a container of the pinned Go image where that
 * can be pulled, else by the Go of this machine, by the same script. Returns true when something was to be done.
 * @throws StampedeError TOOL_MISSING, IMAGE_NOT_BUILT, DISK_FULL
 */
export async function providePrograms(engine: Engine, { image, folder, base, goImage, isFresh, say }: ProgramsRequest): Promise<boolean> {
  const files = await contextFiles(folder);
  const contentBy = (go: string): string => contentOf(files, { go, architecture: engine.architecture });
  const [inEngine, here] = [contentBy(goImage), contentBy('of this machine')];
  // Whoever could not pull once is not kept waiting again; --fresh asks again.
  const wanted = base.isPulled ? [inEngine, here] : [here];
  if (!isFresh && wanted.includes((await presentImage(engine, image))?.content ?? '')) return false;
  if (base.isPulled && ((await presentImage(engine, goImage)) !== undefined || (await tryPull(engine, goImage, say)))) {
    await buildInEngine(engine, { image, dockerfile: 'Containerfile', files, arguments: { GO_IMAGE: goImage }, content: inEngine, isFresh });
  } else {
    await buildHere(engine, { image, folder, content: here, say });
  }
  return true;
}

async function buildHere(engine: Engine, { image, folder, content, say }: Pick<ProgramsRequest, 'image' | 'folder' | 'say'> & { readonly content: string }): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'stampede-programs-'));
  try {
    const build = execa(join(folder, 'build.sh'), [join(work, 'programs')], { env: { GOARCH: engine.architecture, GOOS: 'linux' }, stdin: 'ignore', all: true, reject: false, lines: true });
    for await (const line of build.iterable({ from: 'stdout' })) say(String(line));
    const { failed, exitCode, all } = await build;
    if (failed) throw buildFailure(exitCode, all);
    const tar = spawn('tar', ['-c', 'programs'], { cwd: work, stdio: ['ignore', 'pipe', 'ignore'] });
    // Should the engine not take it, tar would wait for ever to write the rest.
    await importTar(engine, tar.stdout, { image, content }).finally(() => tar.stdout.destroy());
  } finally {
    // Go keeps its own caches elsewhere; this folder has the programs only.
    await rm(work, { recursive: true, force: true });
  }
}

function buildFailure(exitCode: number | undefined, lines: readonly string[]): StampedeError {
  const tail = lines.filter((line) => !line.startsWith('go: downloading')).slice(-15).map((line) => `    ${line}`).join('\n');
  if (/go: not found|go: command not found/.test(tail)) {
    return new StampedeError('TOOL_MISSING', 'no Go image can be pulled, and there is no go on the PATH', { hint: 'install Go 1.21 or later (https://go.dev/doc/install)' });
  }
  if (isDiskFull(tail)) return new StampedeError('DISK_FULL', `no room to build the programs; the last lines:\n${tail}`, { hint: `make room in ${tmpdir()} and in Go's caches (go env GOCACHE GOMODCACHE), or set TMPDIR to a folder with more` });
  return new StampedeError('IMAGE_NOT_BUILT', `the programs were not built (${exitCode ?? 'no exit status'}); the last lines:\n${tail}`, { hint: 'images/programs/modules.txt names the modules; go must reach its module proxy' });
}
