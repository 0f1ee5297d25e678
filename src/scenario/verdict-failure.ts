// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { NamedVerdict } from '../checkers/checker.ts';
import { StampedeError } from '../foundation/errors.ts';

/** What a verdict means to Cucumber: VERDICT_BROKEN, VERDICT_UNKNOWN, or nothing; `folder` is that of the stored run. */
export function failureOf({ checker, verdict }: NamedVerdict, folder: string): StampedeError | undefined {
  const history = join(folder, 'history.ndjson');
  switch (verdict.verdict) {
    case 'held':
      return undefined;
    case 'broken':
      return new StampedeError('VERDICT_BROKEN', `${checker}: ${verdict.sentence}`, { hint: `look at events ${verdict.events.join(', ')} of ${history}` });
    case 'unknown':
      return new StampedeError('VERDICT_UNKNOWN', `${checker}: ${verdict.reason}`, { hint: `this says nothing about the validator; look at ${history}` });
  }
}
