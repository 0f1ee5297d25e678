// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir } from 'node:fs/promises';
import { basename } from 'node:path';
import type { RunContext } from '../config.ts';
import { copyTree } from '../foundation/copy-tree.ts';

/** Large, and nothing that a validator is called for: history, and dependencies of a project that are made anew at any time. */
const neverCopied = ['.git', 'node_modules'];

/**
 * Makes a scenario's own working directory: a copy of the user's, or an empty one. The scenario's folder may itself lie in what is left out.
 * The directory itself can be written to, be the user's as closed as it may.
 */
export async function copyWorkFolder(from: RunContext['workFolder'], target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  if (from === undefined) return;
  await copyTree(from.folder, target, { isLeftOut: (path) => isLeftOut(path, from.leftOut) });
  await chmod(target, 0o755);
}

export function isLeftOut(path: string, leftOut: readonly string[]): boolean {
  return neverCopied.includes(basename(path)) || leftOut.includes(path);
}
