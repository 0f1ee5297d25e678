// SPDX-License-Identifier: Apache-2.0
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * An optional program for tests with real clients (cosign, crane, opa, rekor-cli): looked for in the folder
 * named by STAMPEDE_TOOLS, then on the PATH.
 */
export function findTool(name: string): string | undefined {
  const folders = [process.env['STAMPEDE_TOOLS'] ?? '', ...(process.env['PATH'] ?? '').split(delimiter)];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/**
 * For `describe.skipIf(toolOrSkip('cosign') === undefined)`: says on stderr what is skipped and why.
 * Where STAMPEDE_REQUIRE_TOOLS=1 (continuous integration) a missing program is an error.
 */
export function toolOrSkip(name: string): string | undefined {
  const found = findTool(name);
  if (found !== undefined) return found;
  if (process.env['STAMPEDE_REQUIRE_TOOLS'] === '1') throw new Error(`${name} is required but not on the PATH`);
  process.stderr.write(`skipped: tests with ${name} (not on the PATH, nor in STAMPEDE_TOOLS)\n`);
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
