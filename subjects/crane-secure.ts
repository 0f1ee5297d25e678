// SPDX-License-Identifier: Apache-2.0
import type { SubjectFile } from '../src/validator/subject.ts';
import { subject as crane } from './crane.ts';

// Without --insecure: it has to trust the authority of the run, and to log in.
const secure = (words: readonly string[]): string[] => words.filter((word) => word !== '--insecure');

export const subject = {
  ...crane,
  name: 'crane-secure',
  description: 'crane, with a registry that speaks https only and asks for tokens',
  registry: { auth: 'token', tls: true },
  exploration: { arguments: secure(crane.exploration.arguments), withoutCache: secure(crane.exploration.withoutCache) },
} satisfies SubjectFile;
