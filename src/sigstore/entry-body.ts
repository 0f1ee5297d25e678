// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { json } from '@sigstore/core';
import * as z from 'zod';
import { decodeBase64 } from './base64.ts';

const sha256 = z.object({ algorithm: z.literal('sha256'), value: z.string().regex(/^[0-9a-f]{64}$/) });
const base64 = z.string().refine((text) => decodeBase64(text) !== undefined, 'not base64');

const hashedrekordSchema = z.object({
  kind: z.literal('hashedrekord'),
  apiVersion: z.literal('0.0.1'),
  spec: z.object({
    data: z.object({ hash: sha256 }),
    signature: z.object({ content: base64, publicKey: z.object({ content: base64 }) }),
  }),
});

const dsseSchema = z.object({
  kind: z.literal('dsse'),
  apiVersion: z.literal('0.0.1'),
  spec: z.object({
    envelopeHash: sha256,
    payloadHash: sha256,
    signatures: z.array(z.object({ signature: z.string(), verifier: base64 })).min(1),
  }),
});

const intotoSchema = z.object({
  kind: z.literal('intoto'),
  apiVersion: z.literal('0.0.2'),
  spec: z.object({
    content: z.object({
      envelope: z.object({
        payloadType: z.string(),
        signatures: z.array(z.object({ keyid: z.string().optional(), sig: base64, publicKey: base64 })).min(1),
      }),
      hash: sha256,
      payloadHash: sha256,
    }),
  }),
});

const olderIntotoSchema = z.object({
  kind: z.literal('intoto'),
  apiVersion: z.literal('0.0.1'),
  spec: z.object({ content: z.object({ hash: sha256, payloadHash: sha256 }), publicKey: base64 }),
});

/** What a log stores for an entry, in each of the kinds that are read and written here. */
export const entryBodySchema = z.union([hashedrekordSchema, dsseSchema, intotoSchema, olderIntotoSchema]);

/**
 * A stored entry. Keys are PEM in base64; the signatures of `intoto` 0.0.2 are base64 twice, those of `dsse` once.
 * https://github.com/sigstore/rekor/tree/main/pkg/types
 */
export type EntryBody = Readonly<z.output<typeof entryBodySchema>>;

/** The one spelling of a body that is hashed into the tree: canonical JSON. https://www.rfc-editor.org/rfc/rfc8785 */
export function canonicalBody(body: EntryBody): Buffer {
  return Buffer.from(json.canonicalize(body));
}

/** A digest as entries hold it. */
export function entryHashOf(bytes: Uint8Array): { readonly algorithm: 'sha256'; readonly value: string } {
  return { algorithm: 'sha256', value: createHash('sha256').update(bytes).digest('hex') };
}
