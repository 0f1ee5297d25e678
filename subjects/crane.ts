// SPDX-License-Identifier: Apache-2.0
import type { SubjectFile } from '../src/validator/subject.ts';

const pull = ['pull', '--insecure', '--format=legacy'];

export const subject = {
  name: 'crane',
  description: 'the image tool of go-containerregistry, whose layer cache many validators have',
  program: { kind: 'given' },
  cacheDirectory: '${XDG_CACHE_HOME}/crane',
  exploration: {
    arguments: [...pull, '--cache_path', '${CACHE}', '${IMAGE}', '${OUT}'],
    withoutCache: [...pull, '${IMAGE}', '${OUT}'],
  },
} satisfies SubjectFile;
