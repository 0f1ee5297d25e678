// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { digestOf } from '../oci/digest.ts';
import { attestationImage, attestationTag, signatureImage, signatureTag, type AttachedImage } from './attach.ts';
import { inTotoPayloadType, signEnvelope } from './dsse.ts';
import { generateKeyPair, logIdOf } from './keys.ts';
import { bundleAnnotation, type LogEntry } from './log-entry.ts';
import { signImage } from './simple-signing.ts';
import { slsaV02Statement, slsaV1Statement, statementBytes } from './statement.ts';

const pair = generateKeyPair();
const digest = digestOf(Buffer.from('manifest'));
const subject = { name: 'registry.local/image', digest };
const first = signImage('registry.local/image', digest, pair.privateKey);
const second = signImage('registry.local/image', digest, generateKeyPair().privateKey);
const entry: LogEntry = {
  uuid: '0'.repeat(80),
  body: '',
  integratedTime: 1,
  logIndex: 2,
  logID: logIdOf(pair.publicKeyPem),
  verification: { signedEntryTimestamp: 'QUJD', inclusionProof: { checkpoint: '', hashes: [], logIndex: 2, rootHash: '0'.repeat(64), treeSize: 3 } },
};

/** Every digest and size in the manifest is that of a blob to push, or of one pushed before. */
function expectWhole(image: AttachedImage, pushed: readonly AttachedImage[] = []): void {
  expect(JSON.parse(image.manifestBytes.toString())).toEqual(image.manifest);
  const sizes = new Map([...pushed, image].flatMap(({ blobs }) => blobs.map(({ digest: name, bytes }) => [name, bytes.length])));
  for (const { blobs } of [image, ...pushed]) for (const blob of blobs) expect(digestOf(blob.bytes)).toBe(blob.digest);
  for (const descriptor of [image.manifest.config, ...image.manifest.layers]) expect(sizes.get(descriptor.digest)).toBe(descriptor.size);
  expect(image.config.rootfs.diff_ids).toEqual(image.manifest.layers.map((layer) => layer.digest));
}

describe('artifacts with signatures', () => {
  it('lie beside the image and carry signature and promise', () => {
    const image = signatureImage(digest, [{ signature: first, entry }]);
    expectWhole(image);
    expect(image.tag).toBe(signatureTag(digest));
    expect(image.tag).toMatch(/^sha256-[0-9a-f]{64}\.sig$/);
    expect(image.manifest.layers).toEqual([
      {
        mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
        digest: digestOf(first.payload),
        size: first.payload.length,
        annotations: { 'dev.cosignproject.cosign/signature': first.signature, 'dev.sigstore.cosign/bundle': bundleAnnotation(entry) },
      },
    ]);
  });

  it('leave the promise out when no entry is given', () => {
    const [layer] = signatureImage(digest, [{ signature: first }]).manifest.layers;
    expect(layer?.annotations).toEqual({ 'dev.cosignproject.cosign/signature': first.signature });
  });

  it('keep what was there', () => {
    const before = signatureImage(digest, [{ signature: first, entry }]);
    const after = signatureImage(digest, [{ signature: second }], before);
    expectWhole(after, [before]);
    expect(after.manifest.layers.slice(0, 1)).toEqual(before.manifest.layers);
    expect(after.manifest.layers).toHaveLength(2);
    expect(after.blobs).toHaveLength(2);
  });
});

describe('artifacts with attestations', () => {
  const envelopes = [slsaV02Statement, slsaV1Statement].map((make) =>
    signEnvelope(inTotoPayloadType, statementBytes(make(subject)), pair.privateKey),
  );

  it('carry envelopes, each with the type of its predicate', () => {
    const image = attestationImage(digest, envelopes.map((envelope) => ({ envelope, entry })));
    expectWhole(image);
    expect(image.tag).toBe(attestationTag(digest));
    const types = ['https://slsa.dev/provenance/v0.2', 'https://slsa.dev/provenance/v1'];
    expect(image.manifest.layers.map(({ annotations, mediaType }) => ({ annotations, mediaType }))).toEqual(
      types.map((predicateType) => ({
        mediaType: 'application/vnd.dsse.envelope.v1+json',
        annotations: { 'dev.cosignproject.cosign/signature': '', predicateType, 'dev.sigstore.cosign/bundle': bundleAnnotation(entry) },
      })),
    );
  });

  it('are not made of what is no envelope', () => {
    const bytes = signEnvelope(inTotoPayloadType, Buffer.from('{}'), pair.privateKey);
    expect(() => attestationImage(digest, [{ envelope: bytes }])).toThrow(expect.objectContaining({ code: 'ENVELOPE_MALFORMED' }));
  });
});
