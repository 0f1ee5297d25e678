// SPDX-License-Identifier: Apache-2.0
import type { SubjectFile } from '../src/validator/subject.ts';

export const subject = {
  name: 'reference',
  description: 'the validator that comes with this project',
  program: { kind: 'built' },
  cacheDirectory: '${XDG_CACHE_HOME}/ec/images',
  serialArguments: { 'validate image': ['--workers', '1'] },
  noCacheEnvironment: { EC_CACHE: 'false' },
} satisfies SubjectFile;
