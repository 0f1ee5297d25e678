// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ExitStatus } from '../foundation/errors.ts';
import { root } from '../foundation/root.ts';
import { buildReference } from '../reference-build.ts';

/** Where a test build of the reference validator lies. */
export const testBuildFile = join(root, 'dist', 'reference', 'validator-test.cjs');

/** `reference ARGUMENTS`: runs a test build of the reference validator, and ends as it does. */
export async function referenceCommand(argv: readonly string[]): Promise<number> {
  const program = await buildReference({ outFile: testBuildFile, variant: 'test' });
  const child = spawn(process.execPath, [program, ...argv], { stdio: 'inherit' });
  const [status] = (await once(child, 'close')) as [number | null];
  return status ?? ExitStatus.harness;
}
