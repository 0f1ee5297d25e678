// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { digestOf, hexOf } from '../oci/digest.ts';
import { inTotoPayloadType, parseEnvelope, payloadOf, signaturesBy, signEnvelope, verifyEnvelope } from './dsse.ts';
import { generateKeyPair, readPublicKey } from './keys.ts';
import { isAbout, parseStatement, slsaV02Statement, slsaV1Statement, statementBytes } from './statement.ts';

const pair = generateKeyPair();
const key = readPublicKey(pair.publicKeyPem);
const otherKey = readPublicKey(generateKeyPair().publicKeyPem);
const digest = digestOf(Buffer.from('manifest'));
const statement = slsaV02Statement({ name: 'registry.local/acceptance/image', digest });
const bytes = signEnvelope(inTotoPayloadType, statementBytes(statement), pair.privateKey);
const envelope = parseEnvelope(bytes);

describe('envelopes', () => {
  it('give back what was signed', () => {
    expect(verifyEnvelope(envelope, key)).toEqual(envelope.signatures);
    expect(parseStatement(payloadOf(envelope))).toEqual(statement);
  });

  it('may use the URL alphabet', () => {
    const urlSafe = bytes.toString().replaceAll('+', '-').replaceAll('/', '_').replace('application_vnd.in-toto-json', inTotoPayloadType);
    expect(verifyEnvelope(parseEnvelope(urlSafe), key)).toHaveLength(1);
  });

  it('may be signed by others too', () => {
    const second = parseEnvelope(signEnvelope(inTotoPayloadType, payloadOf(envelope), generateKeyPair().privateKey));
    const both = { ...envelope, signatures: [...second.signatures, ...envelope.signatures] };
    expect(signaturesBy(both, key)).toEqual(envelope.signatures);
  });

  it.each([
    ['another key', envelope, otherKey],
    ['another payload', { ...envelope, payload: Buffer.from('{}').toString('base64') }, key],
    ['another payload type', { ...envelope, payloadType: `${inTotoPayloadType};` }, key],
    ['an empty signature', { ...envelope, signatures: [{ keyid: '', sig: '' }] }, key],
  ])('do not verify with %s', (_what, changed, publicKey) => {
    expect(() => verifyEnvelope(changed, publicKey)).toThrow(expect.objectContaining({ code: 'SIGNATURE_INVALID' }));
  });

  it.each([
    ['nothing', ''],
    ['bytes that are not UTF-8', Buffer.concat([bytes, Buffer.from([0xff])])],
    ['half of it', bytes.subarray(0, 100)],
    ['null', 'null'],
    ['a list', '[]'],
    ['no signatures', JSON.stringify({ ...envelope, signatures: [] })],
    ['a signature that is no object', JSON.stringify({ ...envelope, signatures: [null] })],
    ['a payload that is not base64', JSON.stringify({ ...envelope, payload: 'a b' })],
    ['a payload that is a number', JSON.stringify({ ...envelope, payload: 1 })],
    ['deep nesting', `${'['.repeat(200_000)}${']'.repeat(200_000)}`],
  ])('are malformed when they are %s', (_what, text) => {
    expect(() => parseEnvelope(text)).toThrow(expect.objectContaining({ code: 'ENVELOPE_MALFORMED' }));
  });
});

describe('statements', () => {
  it.each([slsaV02Statement, slsaV1Statement])('name their subject (%o)', (make) => {
    const made = make({ name: 'registry.local/acceptance/image', digest });
    expect(made).toEqual(make({ name: 'registry.local/acceptance/image', digest }));
    expect(isAbout(parseStatement(statementBytes(made)), digest)).toBe(true);
    expect(isAbout(made, digestOf(Buffer.from('other')))).toBe(false);
  });

  it.each(['{}', '[]', '{"_type":"https://in-toto.io/Statement/v2"}', JSON.stringify({ ...statement, subject: [{ digest: { sha256: 1 } }] })])(
    'are refused when they are %s',
    (text) => {
      expect(() => parseStatement(Buffer.from(text))).toThrow(expect.objectContaining({ code: 'ENVELOPE_MALFORMED' }));
    },
  );

  it('do not inherit a digest', () => {
    const inherited = `{"digest":{"__proto__":{"sha256":"${hexOf(digest)}"}}}`;
    const text = JSON.stringify({ ...statement, subject: [{}] }).replace('{}', inherited);
    expect(isAbout(parseStatement(Buffer.from(text)), digest)).toBe(false);
  });
});
