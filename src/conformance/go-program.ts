// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { goEnvironment } from '../config.ts';
import { StampedeError } from '../foundation/errors.ts';
import { findTool } from '../foundation/tools.ts';

const run = promisify(execFile);
const buildWithinMs = 600_000;

/** A program that is got as Go's source, at one version. */
export interface GoProgram {
  readonly name: string;
  /** As `go install` wants it: `module/path@version`. */
  readonly module: string;
}

export interface GoPrograms {
  /** Where built ones are kept, by version. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

/**
 * Path of the program: from STAMPEDE_TOOLS, the PATH, an earlier build, or built now where there is Go.
 * @throws StampedeError TOOL_MISSING
 */
export async function goProgram({ name, module }: GoProgram, { folder, say }: GoPrograms): Promise<string> {
  const found = findTool(name);
  if (found !== undefined) return found;
  const place = join(folder, module.slice(module.lastIndexOf('@') + 1));
  const built = join(place, name);
  if (existsSync(built)) return built;
  const hint = `put ${name} into a folder that STAMPEDE_TOOLS names, or install Go (https://go.dev/dl) and let it be built`;
  const go = findTool('go');
  if (go === undefined) throw new StampedeError('TOOL_MISSING', `${name} is not on the PATH nor in STAMPEDE_TOOLS, and there is no Go to build it`, { hint });
  say(`building ${module}`);
  await mkdir(place, { recursive: true });
  // Beside its place first: a build that was interrupted is no program.
  const unfinished = join(place, 'unfinished');
  await run(go, ['install', module], { env: goEnvironment(unfinished), timeout: buildWithinMs }).catch((cause: unknown) => {
    throw new StampedeError('TOOL_MISSING', `${name} could not be built from ${module}`, { cause, hint });
  });
  await rename(join(unfinished, name), built);
  return built;
}
