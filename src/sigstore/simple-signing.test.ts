// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { digestOf } from '../oci/digest.ts';
import { generateKeyPair, signBytes } from './keys.ts';
import { signImage, verifyImageSignature } from './simple-signing.ts';

const pair = generateKeyPair();
const digest = digestOf(Buffer.from('manifest'));
const signed = signImage('registry.local/acceptance/image', digest, pair.privateKey);

function signedText(text: string): { payload: Buffer; signature: string } {
  const payload = Buffer.from(text);
  return { payload, signature: signBytes(pair.privateKey, payload).toString('base64') };
}

describe('signatures of images', () => {
  it('say which image was signed, in the words that cosign uses', () => {
    const said = verifyImageSignature(signed, pair.publicKeyPem);
    expect(said.critical.image['docker-manifest-digest']).toBe(digest);
    expect(signed.payload.toString()).toBe(
      `{"critical":{"identity":{"docker-reference":"registry.local/acceptance/image"},"image":{"docker-manifest-digest":"${digest}"},"type":"cosign container image signature"},"optional":null}`,
    );
  });

  it.each([
    ['another payload', { ...signed, payload: Buffer.from(signed.payload.toString().replace('null', '{}')) }, pair.publicKeyPem],
    ['another key', signed, generateKeyPair().publicKeyPem],
    ['an empty signature', { ...signed, signature: '' }, pair.publicKeyPem],
    ['a signature that is not base64', { ...signed, signature: `${signed.signature}\n` }, pair.publicKeyPem],
    ['a document of another type', signedText(signed.payload.toString().replace('cosign', 'atomic')), pair.publicKeyPem],
    ['a document that is not JSON', signedText('no'), pair.publicKeyPem],
    ['a digest of another form', signedText(signed.payload.toString().replace('sha256:', 'sha512:')), pair.publicKeyPem],
  ])('are invalid with %s', (_what, signature, publicKeyPem) => {
    expect(() => verifyImageSignature(signature, publicKeyPem)).toThrow(expect.objectContaining({ code: 'SIGNATURE_INVALID' }));
  });
});
