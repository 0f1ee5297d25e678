// SPDX-License-Identifier: Apache-2.0
import type { SubjectFile } from '../src/validator/subject.ts';

const pull = ['pull', '--plain-http', '--format', 'go-template={{.reference}}', '--output', '${OUT}', '${IMAGE}:latest'];

export const subject = {
  name: 'oras',
  description: 'a client for artifacts, whose cache is an OCI layout that processes share',
  program: { kind: 'given' },
  cacheDirectory: '${XDG_CACHE_HOME}/oras',
  environment: { ORAS_CACHE: '${CACHE}' },
  noCacheEnvironment: { ORAS_CACHE: '' },
  exploration: { arguments: pull, withoutCache: pull },
} satisfies SubjectFile;
