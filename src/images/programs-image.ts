// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { isDiskFull } from '../containers/engine-trouble.ts';
import type { Engine } from '../containers/engine.ts';
import { StampedeError } from '../foundation/errors.ts';
import { pinned, type Base } from './base-image.ts';
import { contentOf, contextFiles, presentImage } from './content.ts';
import { buildInEngine, importTar } from './engine-build.ts';

export const programsImage = 'stampede-programs:local';

export interface ProgramsRequest {
  /** Absolute: `images/programs`. */
  readonly folder: string;
  readonly base: Base;
  readonly isFresh: boolean;
  readonly say: (line: string) => void;
}

/**
 * Makes the image with the programs that are built from Go modules: in a container of the pinned Go image where that
 * can be pulled, else by the Go of this machine, by the same script. Returns true when something was to be done.
 * @throws StampedeError TOOL_MISSING, IMAGE_NOT_BUILT, DISK_FULL
 */
export async function providePrograms(engine: Engine, { folder, base, isFresh, say }: ProgramsRequest): Promise<boolean> {
  const files = await contextFiles(folder);
  const content = contentOf(files, { go: base.isPulled ? pinned.go : 'of this machine', architecture: engine.architecture });
  if (!isFresh && (await presentImage(engine, programsImage))?.content === content) return false;
  if (base.isPulled) await buildInEngine(engine, { image: programsImage, dockerfile: 'Containerfile', files, arguments: { GO_IMAGE: pinned.go }, content, isFresh });
  else await buildHere(engine, { folder, content, say });
  return true;
}

async function buildHere(engine: Engine, { folder, content, say }: Pick<ProgramsRequest, 'folder' | 'say'> & { readonly content: string }): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'stampede-programs-'));
  try {
    const build = execa(join(folder, 'build.sh'), [join(work, 'programs')], { env: { GOARCH: engine.architecture, GOOS: 'linux' }, stdin: 'ignore', all: true, reject: false, lines: true });
    for await (const line of build.iterable({ from: 'stdout' })) say(String(line));
    const { failed, exitCode, all } = await build;
    if (failed) throw buildFailure(exitCode, all);
    const tar = spawn('tar', ['-c', 'programs'], { cwd: work, stdio: ['ignore', 'pipe', 'ignore'] });
    // Should the engine not take it, tar would wait for ever to write the rest.
    await importTar(engine, tar.stdout, { image: programsImage, content }).finally(() => tar.stdout.destroy());
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
