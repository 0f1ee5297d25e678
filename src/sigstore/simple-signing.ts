// SPDX-License-Identifier: Apache-2.0
import type { KeyObject } from 'node:crypto';
import * as z from 'zod';
import { StampedeError } from '../foundation/errors.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import { decodeBase64 } from './base64.ts';
import { parseHostileJson } from './hostile-json.ts';
import { isSignedBy, readPublicKey, signBytes } from './keys.ts';

/** A signature of an image as it lies in a registry. */
export interface ImageSignature {
  /** The simple-signing document, byte for byte as it was signed. */
  readonly payload: Buffer;
  /** Base64. */
  readonly signature: string;
}

const signatureType = 'cosign container image signature';

const payloadSchema = z.object({
  critical: z.object({
    identity: z.object({ 'docker-reference': z.string() }),
    image: z.object({ 'docker-manifest-digest': z.custom<Digest>((text) => typeof text === 'string' && isDigest(text)) }),
    type: z.literal(signatureType),
  }),
  optional: z.record(z.string(), z.unknown()).nullish(),
});

/** What a signature of an image says. https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#simple-signing */
export type SimpleSigningPayload = z.output<typeof payloadSchema>;

/** Signs the manifest that `digest` names; `reference` is what the signer called the image, without tag or digest. */
export function signImage(reference: string, digest: Digest, privateKey: KeyObject): ImageSignature {
  const critical: SimpleSigningPayload['critical'] = {
    identity: { 'docker-reference': reference },
    image: { 'docker-manifest-digest': digest },
    type: signatureType,
  };
  const payload = Buffer.from(JSON.stringify({ critical, optional: null }));
  return { payload, signature: signBytes(privateKey, payload).toString('base64') };
}

/**
 * Reads what was signed, after checking that it was signed with this key. Which image it names is for the caller to compare.
 * @throws StampedeError KEY_MALFORMED, SIGNATURE_INVALID
 */
export function verifyImageSignature({ payload, signature }: ImageSignature, publicKeyPem: string): SimpleSigningPayload {
  const bytes = decodeBase64(signature);
  if (bytes === undefined || !isSignedBy(readPublicKey(publicKeyPem), payload, bytes)) {
    throw new StampedeError('SIGNATURE_INVALID', 'the signature does not verify with the key');
  }
  return parseHostileJson(payload, payloadSchema, { what: 'the signed document', code: 'SIGNATURE_INVALID' });
}
