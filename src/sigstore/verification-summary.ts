// SPDX-License-Identifier: Apache-2.0
import type { Statement, StatementSubject } from './statement.ts';
import { hexOf } from '../oci/digest.ts';

/** How Conforma's validators know a summary of theirs. */
const predicateType = 'https://conforma.dev/verification_summary/v1';

/** Says that somebody has validated the image at that time (RFC 3339), and that it passed. */
export function verificationSummary({ name, digest }: StatementSubject, timestamp: string): Statement {
  return {
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType,
    subject: [{ name, digest: { sha256: hexOf(digest) } }],
    predicate: {
      imageRefs: [`${name}@${digest}`],
      timestamp,
      status: 'passed',
      verifier: 'stampede',
      policy: { sources: [] },
      summary: { violations: 0, warnings: 0, successes: 1 },
    },
  };
}
