// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { decodeBase64 } from '../../sigstore/base64.ts';
import { payloadOf } from '../../sigstore/dsse.ts';
import { entryHashOf } from '../../sigstore/entry-body.ts';
import { publicKeyToPem, readPublicKey } from '../../sigstore/keys.ts';
import type { AcceptedEntry } from './canonicalise.ts';

const digests = z.array(z.object({ digest: z.record(z.string(), z.string()) }));
const subjects = z.object({ subject: digests });
const materials = z.object({ predicate: z.object({ materials: digests }) });

/** https://github.com/sigstore/rekor/blob/main/openapi.yaml, `SearchIndex` */
export const searchQuerySchema = z.object({
  hash: z.string().regex(/^(?:(?:sha256:)?[0-9a-fA-F]{64}|(?:sha512:)?[0-9a-fA-F]{128}|(?:sha1:)?[0-9a-fA-F]{40})$/).nullish(),
  publicKey: z.object({ format: z.enum(['pgp', 'x509', 'minisign', 'ssh', 'tuf']), content: z.string() }).nullish(),
  operator: z.enum(['and', 'or']).nullish(),
});

/** Which entries know a hash or a key, by uuid, oldest first. */
export class SearchIndex {
  readonly #uuids = new Map<string, Set<string>>();

  add(keys: readonly string[], uuid: string): void {
    for (const key of keys) {
      const known = this.#uuids.get(key) ?? new Set();
      this.#uuids.set(key, known.add(uuid));
    }
  }

  /** @throws StampedeError KEY_MALFORMED */
  search({ hash, publicKey, operator }: z.output<typeof searchQuerySchema>): readonly string[] {
    const asked: string[] = [];
    if (hash) asked.push(withAlgorithm(hash.toLowerCase()));
    if (publicKey) asked.push(keyHash(publicKey.content));
    const found = asked.map((key) => [...(this.#uuids.get(key) ?? [])]);
    if (operator !== 'and') return [...new Set(found.flat())];
    return (found[0] ?? []).filter((uuid) => found.every((uuids) => uuids.includes(uuid)));
  }
}

/**
 * The keys under which Rekor finds an entry. It files the keys of envelopes with an algorithm in front and searches keys
 * without one, so that a search by key finds hashedrekords only; a search by the key's hash finds the others.
 */
export function searchKeysOf({ body, envelope }: AcceptedEntry): readonly string[] {
  if (body.kind === 'hashedrekord') return [keyHash(body.spec.signature.publicKey.content), withAlgorithm(body.spec.data.hash.value)];
  const named = envelope === undefined ? [] : digestsIn(payloadOf(envelope));
  if (body.kind === 'dsse') {
    const { signatures, payloadHash, envelopeHash } = body.spec;
    const keys = signatures.map(({ verifier }) => keyHash(verifier));
    return [...[...keys, payloadHash.value, envelopeHash.value].map(withAlgorithm), ...named];
  }
  const { hash, payloadHash } = body.spec.content;
  if (body.apiVersion === '0.0.1') {
    return [...[hash.value, keyHash(body.spec.publicKey), payloadHash.value].map(withAlgorithm), ...named];
  }
  const keys = body.spec.content.envelope.signatures.map(({ publicKey }) => keyHash(publicKey));
  return [...[...keys, payloadHash.value].map(withAlgorithm), ...named];
}

function digestsIn(payload: Buffer): readonly string[] {
  let statement: unknown;
  try {
    statement = JSON.parse(payload.toString());
  } catch {
    return [];
  }
  const named = subjects.safeParse(statement).data?.subject ?? [];
  const used = materials.safeParse(statement).data?.predicate.materials ?? [];
  return [...named, ...used].flatMap(({ digest }) => Object.entries(digest).map(([algorithm, value]) => `${algorithm}:${value}`));
}

/** Of a PEM key in base64, in its one spelling. */
function keyHash(content: string): string {
  const pem = publicKeyToPem(readPublicKey(decodeBase64(content)?.toString() ?? ''));
  return entryHashOf(Buffer.from(pem)).value;
}

function withAlgorithm(hash: string): string {
  if (hash.includes(':')) return hash;
  return `${hash.length === 64 ? 'sha256' : hash.length === 128 ? 'sha512' : 'sha1'}:${hash}`;
}
