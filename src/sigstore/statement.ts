// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { hexOf, type Digest } from '../oci/digest.ts';
import { parseHostileJson } from './hostile-json.ts';

const statementSchema = z.looseObject({
  _type: z.enum(['https://in-toto.io/Statement/v0.1', 'https://in-toto.io/Statement/v1']),
  predicateType: z.string().min(1),
  subject: z.array(z.looseObject({ name: z.string().optional(), digest: z.record(z.string(), z.string()) })).min(1),
  predicate: z.unknown(),
});

/** https://github.com/in-toto/attestation/tree/main/spec/v1#statement, and its older form v0.1 */
export type Statement = Readonly<z.output<typeof statementSchema>>;

/** What a statement is about. */
export interface StatementSubject {
  /** `host/repository`, without tag or digest. */
  readonly name: string;
  readonly digest: Digest;
}

const builder = 'https://tekton.dev/chains/v2';
const startedOn = '2024-01-01T00:00:00Z';
const finishedOn = '2024-01-01T00:01:00Z';

/** Provenance as a build service would attest it, the same in every call. https://slsa.dev/spec/v0.2/provenance */
export function slsaV02Statement(subject: StatementSubject): Statement {
  return {
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType: 'https://slsa.dev/provenance/v0.2',
    subject: [subjectOf(subject)],
    predicate: {
      builder: { id: builder },
      buildType: 'tekton.dev/v1beta1/TaskRun',
      invocation: { configSource: {}, parameters: {}, environment: {} },
      metadata: {
        buildStartedOn: startedOn,
        buildFinishedOn: finishedOn,
        completeness: { parameters: false, environment: false, materials: false },
        reproducible: false,
      },
      materials: [],
    },
  };
}

/** The same build in the words of the next version. https://slsa.dev/spec/v1.0/provenance */
export function slsaV1Statement(subject: StatementSubject): Statement {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    predicateType: 'https://slsa.dev/provenance/v1',
    subject: [subjectOf(subject)],
    predicate: {
      buildDefinition: {
        buildType: 'https://tekton.dev/chains/v2/slsa',
        externalParameters: {},
        internalParameters: {},
        resolvedDependencies: [],
      },
      runDetails: { builder: { id: builder }, metadata: { invocationId: 'acceptance', startedOn, finishedOn } },
    },
  };
}

/** The bytes that are signed. */
export function statementBytes(statement: Statement): Buffer {
  return Buffer.from(JSON.stringify(statement));
}

/** @throws StampedeError ENVELOPE_MALFORMED */
export function parseStatement(payload: Uint8Array): Statement {
  return parseHostileJson(payload, statementSchema, { what: 'the in-toto statement', code: 'ENVELOPE_MALFORMED' });
}

/** True when one of the subjects is the manifest that `digest` names. */
export function isAbout(statement: Statement, digest: Digest): boolean {
  return statement.subject.some((subject) => subject.digest['sha256'] === hexOf(digest));
}

function subjectOf({ name, digest }: StatementSubject): Statement['subject'][number] {
  return { name, digest: { sha256: hexOf(digest) } };
}
