// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';
import type { Digest } from '../oci/digest.ts';
import { Annotation, attestationTag, signatureTag } from './attach.ts';
import { readAttached, type ArtifactSource, type AttachedLayer } from './attached-layers.ts';
import { inTotoPayloadType, parseEnvelope, payloadOf, verifyEnvelope, type DsseSignature } from './dsse.ts';
import { readPublicKey } from './keys.ts';
import type { SignedPromise } from './log-entry.ts';
import { verifyImageSignature, type SimpleSigningPayload } from './simple-signing.ts';
import { isAbout, parseStatement, type Statement } from './statement.ts';
import { verifyLogged, type TrustedLog } from './trusted-log.ts';

export interface VerifyOptions {
  readonly registry: ArtifactSource;
  readonly repository: string;
  /** The manifest that signatures and attestations must be about. */
  readonly digest: Digest;
  readonly publicKeyPem: string;
  /** Undefined: the log is ignored. */
  readonly log: TrustedLog | undefined;
}

export interface VerifiedSignature {
  readonly payload: SimpleSigningPayload;
  /** Base64. */
  readonly signature: string;
  /** What the log promised; undefined when the log is ignored. */
  readonly logged: SignedPromise | undefined;
}

export interface VerifiedAttestation {
  readonly statement: Statement;
  /** The envelope, byte for byte as it lies in the registry. */
  readonly envelope: Buffer;
  /** Those by the key. */
  readonly signatures: readonly DsseSignature[];
  readonly logged: SignedPromise | undefined;
}

/**
 * What `cosign verify --key` does: the signatures of the image that are by the key, name this digest and are in the log.
 * Others are passed over, as long as there is one.
 * @throws StampedeError SIGNATURE_INVALID (none there, none by the key, or of another digest), LOG_ENTRY_INVALID (the
 * signature is good, its log entry is not), KEY_MALFORMED, and what registry and log throw
 */
export async function verifyImageSignatures(options: VerifyOptions): Promise<readonly VerifiedSignature[]> {
  const { digest, publicKeyPem, log } = options;
  return await verifyEach('signature', signatureTag(digest), options, async (bytes, annotations) => {
    const signature = annotations[Annotation.signature] ?? '';
    const payload = verifyImageSignature({ payload: bytes, signature }, publicKeyPem);
    if (payload.critical.image['docker-manifest-digest'] !== digest) {
      throw new StampedeError('SIGNATURE_INVALID', `the signature is of ${payload.critical.image['docker-manifest-digest']}`);
    }
    const subject = { kind: 'signature', payload: bytes, signature, publicKeyPem } as const;
    return { payload, signature, logged: log && (await verifyLogged(subject, annotations[Annotation.bundle], log)) };
  });
}

/**
 * What `cosign verify-attestation --key` does, for statements of every type.
 * @throws as `verifyImageSignatures`
 */
export async function verifyAttestations(options: VerifyOptions): Promise<readonly VerifiedAttestation[]> {
  const { digest, publicKeyPem, log } = options;
  return await verifyEach('attestation', attestationTag(digest), options, async (bytes, annotations) => {
    const envelope = parseEnvelope(bytes);
    const signatures = verifyEnvelope(envelope, readPublicKey(publicKeyPem));
    if (envelope.payloadType !== inTotoPayloadType) throw new StampedeError('SIGNATURE_INVALID', `the payload is of type ${envelope.payloadType}`);
    const statement = parseStatement(payloadOf(envelope));
    if (!isAbout(statement, digest)) throw new StampedeError('SIGNATURE_INVALID', 'the statement is about another digest');
    const subject = { kind: 'envelope', bytes, publicKeyPem } as const;
    return { statement, envelope: bytes, signatures, logged: log && (await verifyLogged(subject, annotations[Annotation.bundle], log)) };
  });
}

async function verifyEach<T>(
  what: string,
  tag: string,
  { registry, repository, publicKeyPem }: VerifyOptions,
  verify: (bytes: Buffer, annotations: AttachedLayer['annotations']) => Promise<T>,
): Promise<readonly T[]> {
  readPublicKey(publicKeyPem);
  const layers = await readAttached(registry, repository, tag);
  if (layers.length === 0) throw new StampedeError('SIGNATURE_INVALID', `no ${what}s found: nothing at ${repository}:${tag}`);
  const verified: T[] = [];
  const failures: unknown[] = [];
  for (const layer of layers) {
    try {
      verified.push(await verify(await layer.bytes(), layer.annotations));
    } catch (error) {
      failures.push(error);
    }
  }
  if (verified.length > 0) return verified;
  throw summary(what, failures);
}

/** Which failure says most: one of the machinery, else the one that came furthest. */
const telling = ['LOG_ENTRY_INVALID', 'SIGNATURE_INVALID', 'ENVELOPE_MALFORMED'] as const;

function summary(what: string, failures: readonly unknown[]): unknown {
  const codes = failures.map((failure) => (failure instanceof StampedeError ? telling.findIndex((code) => code === failure.code) : -1));
  const first = failures[codes.indexOf(Math.min(...codes))];
  if (!(first instanceof StampedeError) || codes.includes(-1)) return first;
  const code = first.code === 'LOG_ENTRY_INVALID' ? 'LOG_ENTRY_INVALID' : 'SIGNATURE_INVALID';
  const reasons = [...new Set(failures.map((failure) => (failure instanceof Error ? failure.message : String(failure))))];
  return new StampedeError(code, `none of ${failures.length} ${what}s verifies: ${reasons.join('; ')}`, { cause: first });
}
