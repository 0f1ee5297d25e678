// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../oci/digest.ts';
import { inTotoPayloadType, signEnvelope } from '../../sigstore/dsse.ts';
import { generateKeyPair } from '../../sigstore/keys.ts';
import { proposeDsse, proposeHashedrekord, proposeIntoto, proposeOlderIntoto } from '../../sigstore/proposed-entry.ts';
import { signImage } from '../../sigstore/simple-signing.ts';
import { slsaV02Statement, statementBytes } from '../../sigstore/statement.ts';
import { canonicalise } from './canonicalise.ts';
import { SearchIndex, searchKeysOf } from './search-index.ts';

const pair = generateKeyPair();
const digest = digestOf(Buffer.from('manifest'));
const publicKey = { format: 'x509', content: Buffer.from(`\n${pair.publicKeyPem}`).toString('base64') } as const;

describe('SearchIndex', () => {
  it('finds signatures by the hash of the payload and by the key', () => {
    const index = new SearchIndex();
    const [one, other] = ['one', 'other'].map((name) => signImage(name, digest, pair.privateKey));
    if (one === undefined || other === undefined) throw new Error('unreachable');
    index.add(searchKeysOf(canonicalise(proposeHashedrekord(one, pair.publicKeyPem))), 'first');
    index.add(searchKeysOf(canonicalise(proposeHashedrekord(other, pair.publicKeyPem))), 'second');
    const hash = digestOf(other.payload);
    expect(index.search({ publicKey })).toEqual(['first', 'second']);
    expect(index.search({ hash })).toEqual(['second']);
    expect(index.search({ hash: hash.slice(7).toUpperCase() })).toEqual(['second']);
    expect(index.search({ publicKey, hash })).toEqual(['second', 'first']);
    expect(index.search({ publicKey, hash, operator: 'and' })).toEqual(['second']);
    expect(index.search({ hash: digest, publicKey, operator: 'and' })).toEqual([]);
    expect(index.search({})).toEqual([]);
  });

  it.each([
    ['dsse', proposeDsse],
    ['intoto', proposeIntoto],
    ['intoto 0.0.1', proposeOlderIntoto],
  ])('finds attestations (%s) by subject, payload and the hash of the key, not by the key', (_kind, propose) => {
    const index = new SearchIndex();
    const payload = statementBytes(slsaV02Statement({ name: 'image', digest }));
    index.add(searchKeysOf(canonicalise(propose(signEnvelope(inTotoPayloadType, payload, pair.privateKey), pair.publicKeyPem))), 'uuid');
    for (const hash of [digest, digestOf(payload), digestOf(Buffer.from(pair.publicKeyPem))]) {
      expect(index.search({ hash })).toEqual(['uuid']);
    }
    expect(index.search({ publicKey })).toEqual([]);
  });

  it('files an envelope whose payload is no statement', () => {
    const index = new SearchIndex();
    const payload = Buffer.from('no JSON');
    index.add(searchKeysOf(canonicalise(proposeDsse(signEnvelope('text/plain', payload, pair.privateKey), pair.publicKeyPem))), 'uuid');
    expect(index.search({ hash: digestOf(payload) })).toEqual(['uuid']);
  });
});
