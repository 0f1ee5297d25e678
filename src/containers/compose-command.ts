// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** True where the docker command has its compose plugin, in version 2 or later. */
export async function hasComposeCommand(): Promise<boolean> {
  const version = await promisify(execFile)('docker', ['compose', 'version', '--short'], { timeout: 10_000 }).catch(() => undefined);
  return version !== undefined && Number.parseInt(version.stdout.trim().replace(/^v/, ''), 10) >= 2;
}
