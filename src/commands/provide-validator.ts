// SPDX-License-Identifier: Apache-2.0
import { access, constants, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StampedeError } from '../foundation/errors.ts';
import { buildReference } from '../reference-build.ts';
import type { Subject } from '../validator/subject.ts';

/**
 * Program and leading arguments of the validator, found before anything starts.
 * @throws StampedeError VALIDATOR_MISSING, VALIDATOR_NOT_EXECUTABLE
 */
export async function provideValidator(subject: Subject, binary: string | undefined, root: string): Promise<readonly string[]> {
  if (binary !== undefined) {
    await requireExecutable(binary);
    return [binary, ...subject.arguments];
  }
  if (subject.program.kind === 'built') {
    const built = await buildReference({ outFile: join(root, 'dist', 'reference', 'validator.mjs') });
    return [process.execPath, built, ...subject.arguments];
  }
  throw new StampedeError('VALIDATOR_MISSING', `the subject ${subject.name} needs a program`, { hint: '--binary PATH, or STAMPEDE_BINARY' });
}

async function requireExecutable(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new StampedeError('VALIDATOR_MISSING', `there is no validator at ${path}`, { hint: 'build it, or name another with --binary' });
  const isExecutable = await access(path, constants.X_OK).then(() => true, () => false);
  if (found.isFile() && isExecutable) return;
  throw new StampedeError('VALIDATOR_NOT_EXECUTABLE', `${path} is not a program`, { hint: `chmod +x ${path}, or name another with --binary` });
}
