// SPDX-License-Identifier: Apache-2.0
import type { SubjectFile } from '../src/validator/subject.ts';

export const subject = {
  name: 'ec',
  description: "Conforma's command line, given with --binary",
  program: { kind: 'given' },
  cacheDirectory: '${XDG_CACHE_HOME}/ec/images',
  serialArguments: { 'validate image': ['--workers', '1'], 'validate input': ['--workers', '1'] },
  noCacheEnvironment: { EC_CACHE: 'false' },
  unknownVariables: 'empty',
} satisfies SubjectFile;
