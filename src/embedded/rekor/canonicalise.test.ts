// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../oci/digest.ts';
import { inTotoPayloadType, parseEnvelope, signEnvelope } from '../../sigstore/dsse.ts';
import { generateKeyPair } from '../../sigstore/keys.ts';
import { proposeDsse, proposeHashedrekord, proposeIntoto, proposeOlderIntoto, type ProposedEntry } from '../../sigstore/proposed-entry.ts';
import { signImage } from '../../sigstore/simple-signing.ts';
import { slsaV02Statement, statementBytes } from '../../sigstore/statement.ts';
import { canonicalise } from './canonicalise.ts';

const pair = generateKeyPair();
const otherPair = generateKeyPair();
const digest = digestOf(Buffer.from('manifest'));
const signed = signImage('registry.local/image', digest, pair.privateKey);
const payload = statementBytes(slsaV02Statement({ name: 'registry.local/image', digest }));
const envelope = signEnvelope(inTotoPayloadType, payload, pair.privateKey);
const encoded = (text: string) => Buffer.from(text).toString('base64');
const [key, otherKey] = [encoded(pair.publicKeyPem), encoded(otherPair.publicKeyPem)];

/** One payload, signed by both. */
const signedByBoth = ((): Buffer => {
  const signatures = [envelope, signEnvelope(inTotoPayloadType, payload, otherPair.privateKey)].flatMap((bytes) => parseEnvelope(bytes).signatures);
  return Buffer.from(JSON.stringify({ ...parseEnvelope(envelope), signatures }));
})();

const rekord = proposeHashedrekord(signed, pair.publicKeyPem);
const dsse = proposeDsse(envelope, pair.publicKeyPem);
const intoto = proposeIntoto(envelope, pair.publicKeyPem);
const older = proposeOlderIntoto(envelope, pair.publicKeyPem);

describe('canonicalise', () => {
  it.each([rekord, dsse, intoto, older])('takes, in both forms, the entries that the refused ones are made from (%#)', (proposed) => {
    const { body, isInsertable } = canonicalise(proposed);
    expect([body.kind, body.apiVersion, isInsertable]).toEqual([proposed.kind, proposed.apiVersion, true]);
    expect(canonicalise(body)).toEqual({ body, envelope: undefined, isInsertable: body.kind === 'hashedrekord' });
  });

  const changed = (proposed: ProposedEntry, from: string | RegExp, to: string): unknown => {
    const text = JSON.stringify(proposed);
    expect(text).toMatch(from);
    return JSON.parse(text.replace(from, to));
  };

  it.each([
    ['SIGNATURE_INVALID', 'a hash that was not signed', changed(rekord, /"value":"[0-9a-f]{8}/, '"value":"00000000')],
    ['SIGNATURE_INVALID', 'a signature by another key', changed(rekord, key, otherKey)],
    ['SIGNATURE_INVALID', 'a signature that is not one', changed(rekord, /"content":"[^"]{4}/, '"content":"QUJD')],
    ['LOG_ENTRY_INVALID', 'a signature that is not base64', changed(rekord, /"content":"[^"]{4}/, '"content":"!!!!')],
    ['KEY_MALFORMED', 'a key that is none', changed(rekord, key, 'QUJD')],
    ['LOG_ENTRY_INVALID', 'a version that is not there', changed(rekord, '0.0.1', '0.0.9')],
    ['SIGNATURE_INVALID', 'an envelope signed by another key (dsse)', changed(dsse, key, otherKey)],
    ['SIGNATURE_INVALID', 'an envelope signed by another key (intoto)', changed(intoto, key, otherKey)],
    ['SIGNATURE_INVALID', 'an envelope signed by another key (intoto 0.0.1)', changed(older, key, otherKey)],
    ['SIGNATURE_INVALID', 'an envelope with another payload', changed(dsse, 'payload\\":\\"ey', 'payload\\":\\"fy')],
    ['SIGNATURE_INVALID', 'a signature more than keys', proposeDsse(signedByBoth, pair.publicKeyPem)],
    ['SIGNATURE_INVALID', 'a key more than signatures', changed(dsse, '"verifiers":[', `"verifiers":["${otherKey}",`)],
    ['ENVELOPE_MALFORMED', 'an envelope that is not JSON', changed(dsse, '{\\"payloadType', 'x{\\"payloadType')],
    ['LOG_ENTRY_INVALID', 'an envelope without its hash (intoto)', changed(intoto, '"hash"', '"other"')],
    ['LOG_ENTRY_INVALID', 'nothing', undefined],
  ])('refuses with %s %s', (code, _what, proposed) => {
    expect(() => canonicalise(proposed)).toThrow(expect.objectContaining({ code }));
  });
});
