// SPDX-License-Identifier: Apache-2.0
import type { KeyObject } from 'node:crypto';
import { dsse } from '@sigstore/core';
import * as z from 'zod';
import { StampedeError } from '../foundation/errors.ts';
import { decodeAnyBase64 } from './base64.ts';
import { parseHostileJson } from './hostile-json.ts';
import { isSignedBy, signBytes } from './keys.ts';

/** https://github.com/in-toto/attestation/blob/main/spec/v1/envelope.md */
export const inTotoPayloadType = 'application/vnd.in-toto+json';

const base64 = z.string().refine((text) => decodeAnyBase64(text) !== undefined, 'not base64');

const envelopeSchema = z.object({
  payloadType: z.string(),
  payload: base64,
  signatures: z.array(z.object({ keyid: z.string().nullish(), sig: base64 })).min(1),
});

/** https://github.com/secure-systems-lab/dsse/blob/master/envelope.md; `payload` and `sig` are base64, of either alphabet. */
export type DsseEnvelope = z.output<typeof envelopeSchema>;

export type DsseSignature = DsseEnvelope['signatures'][number];

/** The bytes that are pushed and logged; sign once and keep them, each signature is another. */
export function signEnvelope(payloadType: string, payload: Uint8Array, privateKey: KeyObject): Buffer {
  const bytes = Buffer.from(payload);
  const sig = signBytes(privateKey, dsse.preAuthEncoding(payloadType, bytes)).toString('base64');
  const envelope: DsseEnvelope = { payloadType, payload: bytes.toString('base64'), signatures: [{ keyid: '', sig }] };
  return Buffer.from(JSON.stringify(envelope));
}

/** @throws StampedeError ENVELOPE_MALFORMED */
export function parseEnvelope(bytes: Uint8Array | string): DsseEnvelope {
  return parseHostileJson(bytes, envelopeSchema, { what: 'the DSSE envelope', code: 'ENVELOPE_MALFORMED' });
}

/** The payload's bytes. */
export function payloadOf(envelope: DsseEnvelope): Buffer {
  return decodeAnyBase64(envelope.payload) ?? Buffer.alloc(0);
}

/** Those of the envelope's signatures that this key made. */
export function signaturesBy(envelope: DsseEnvelope, publicKey: KeyObject): readonly DsseSignature[] {
  const signed = dsse.preAuthEncoding(envelope.payloadType, payloadOf(envelope));
  return envelope.signatures.filter(({ sig }) => isSignedBy(publicKey, signed, decodeAnyBase64(sig) ?? Buffer.alloc(0)));
}

/**
 * The signatures made by this key: at least one, others may be there too.
 * @throws StampedeError SIGNATURE_INVALID
 */
export function verifyEnvelope(envelope: DsseEnvelope, publicKey: KeyObject): readonly DsseSignature[] {
  const own = signaturesBy(envelope, publicKey);
  if (own.length > 0) return own;
  throw new StampedeError('SIGNATURE_INVALID', `none of ${envelope.signatures.length} signatures on the envelope verifies with the key`);
}
