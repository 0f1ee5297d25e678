// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { StampedeError } from '../foundation/errors.ts';
import { buildReference, type ReferenceVariant } from '../reference-build.ts';
import { requireProgram } from '../validator/program.ts';
import type { Subject } from '../validator/subject.ts';

export interface ProgramRequest {
  /** The user's own. */
  readonly binary: string | undefined;
  readonly root: string;
  readonly variant?: ReferenceVariant;
}

/**
 * Program and leading arguments of the validator, found before anything starts.
 * @throws StampedeError VALIDATOR_MISSING, VALIDATOR_NOT_EXECUTABLE
 */
export async function provideValidator(subject: Subject, { binary, root, variant = 'release' }: ProgramRequest): Promise<readonly string[]> {
  if (binary !== undefined) {
    requireProgram(binary);
    return [binary, ...subject.arguments];
  }
  if (subject.program.kind === 'built') {
    const outFile = join(root, 'dist', 'reference', variant === 'release' ? 'validator.cjs' : 'validator-test.cjs');
    const built = await buildReference({ outFile, variant });
    return [process.execPath, built, ...subject.arguments];
  }
  throw new StampedeError('VALIDATOR_MISSING', `the subject ${subject.name} needs a program`, { hint: '--binary PATH, or STAMPEDE_BINARY' });
}
