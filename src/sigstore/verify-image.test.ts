// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { StampedeError } from '../foundation/errors.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import { MediaType } from '../oci/manifest.ts';
import type { StoredManifest } from '../oci/registry-manifests.ts';
import { attestationImage, attestationTag, signatureImage, signatureTag, type AttachedImage } from './attach.ts';
import type { ArtifactSource } from './attached-layers.ts';
import { signCheckpoint } from './checkpoint.ts';
import { inTotoPayloadType, parseEnvelope, payloadOf, signEnvelope } from './dsse.ts';
import { canonicalBody, entryHashOf, type EntryBody } from './entry-body.ts';
import { generateKeyPair, logIdOf, type KeyPair } from './keys.ts';
import { signPromise, uuidOf, type LogEntry } from './log-entry.ts';
import { leafHash, MerkleTree } from './merkle.ts';
import type { RekorClient } from './rekor-client.ts';
import { signImage, type ImageSignature } from './simple-signing.ts';
import { slsaV02Statement, statementBytes } from './statement.ts';
import { verifyAttestations, verifyImageSignatures, type VerifyOptions } from './verify-image.ts';

const pair = generateKeyPair();
const otherPair = generateKeyPair();
const log = generateKeyPair();
const otherLog = generateKeyPair();
const digest = digestOf(Buffer.from('manifest'));
const otherDigest = digestOf(Buffer.from('other manifest'));
const repository = 'acceptance/image';

/** The body as the second of three entries of a log. */
function logged(body: EntryBody, by: KeyPair = log): LogEntry {
  const bytes = canonicalBody(body);
  const tree = new MerkleTree();
  for (const leaf of [Buffer.from('before'), bytes, Buffer.from('after')]) tree.append(leafHash(leaf));
  const promise = { body: bytes.toString('base64'), integratedTime: 1_700_000_000, logIndex: 1, logID: logIdOf(by.publicKeyPem) };
  const inclusionProof = {
    checkpoint: signCheckpoint({ origin: 'rekor.local - 1', size: 3, rootHash: tree.root() }, 'rekor.local', by),
    hashes: tree.inclusionProof(1).map((hash) => hash.toString('hex')),
    logIndex: 1,
    rootHash: tree.root().toString('hex'),
    treeSize: 3,
  };
  return { uuid: uuidOf(1n, bytes), ...promise, verification: { inclusionProof, signedEntryTimestamp: signPromise(promise, by) } };
}

function signatureBody({ payload, signature }: ImageSignature, publicKeyPem = pair.publicKeyPem): EntryBody {
  const publicKey = { content: Buffer.from(publicKeyPem).toString('base64') };
  return { kind: 'hashedrekord', apiVersion: '0.0.1', spec: { data: { hash: entryHashOf(payload) }, signature: { content: signature, publicKey } } };
}

function attestationBody(bytes: Buffer): EntryBody {
  const envelope = parseEnvelope(bytes);
  const verifier = Buffer.from(pair.publicKeyPem).toString('base64');
  const hashes = { envelopeHash: entryHashOf(bytes), payloadHash: entryHashOf(payloadOf(envelope)) };
  const signatures = envelope.signatures.map(({ sig }) => ({ signature: sig, verifier }));
  return { kind: 'dsse', apiVersion: '0.0.1', spec: { ...hashes, signatures } };
}

function attest(about: Digest, keys: KeyPair): Buffer {
  return signEnvelope(inTotoPayloadType, statementBytes(slsaV02Statement({ name: repository, digest: about })), keys.privateKey);
}

function stored(bytes: Buffer): StoredManifest {
  return { bytes, digest: digestOf(bytes), mediaType: MediaType.ociManifest };
}

function registryOf(...images: readonly AttachedImage[]): ArtifactSource {
  const blobs = new Map(images.flatMap((image) => image.blobs.map((blob) => [blob.digest, blob.bytes])));
  return {
    getManifest: async (_repository, tag) => {
      const found = images.find((image) => image.tag === tag);
      return found && stored(found.manifestBytes);
    },
    getBlobBytes: async (_repository, name) => blobs.get(name) ?? Promise.reject(new StampedeError('REGISTRY_REFUSED', name)),
  };
}

/** A log that answers searches with these entries. */
function answering(...entries: readonly LogEntry[]): RekorClient {
  return { retrieve: async () => entries } as Partial<RekorClient> as RekorClient;
}

function options(registry: ArtifactSource, rest: Partial<VerifyOptions> = {}): VerifyOptions {
  return { registry, repository, digest, publicKeyPem: pair.publicKeyPem, log: { publicKeyPem: log.publicKeyPem }, ...rest };
}

function retagged(image: AttachedImage, tag: string): AttachedImage {
  return { ...image, tag };
}

const signature = signImage(repository, digest, pair.privateKey);
const entry = logged(signatureBody(signature));
const again = signImage(repository, digest, pair.privateKey);
const tampered = { ...entry, integratedTime: entry.integratedTime + 1 };
const { inclusionProof } = entry.verification;
const misplaced = { ...entry, verification: { ...entry.verification, inclusionProof: { ...inclusionProof, logIndex: 0 } } };
const online = (...entries: readonly LogEntry[]) => ({ log: { publicKeyPem: log.publicKeyPem, client: answering(...entries) } });

describe('verifyImageSignatures', () => {
  const bundled = registryOf(signatureImage(digest, [{ signature, entry }]));
  const bare = registryOf(signatureImage(digest, [{ signature }]));

  it('verifies with the promise that travels along', async () => {
    const [verified, ...others] = await verifyImageSignatures(options(bundled));
    expect(verified?.signature).toBe(signature.signature);
    expect(verified?.logged?.promise.logIndex).toBe(1);
    expect(others).toEqual([]);
  });

  it('asks the log when no promise travels along', async () => {
    const [verified] = await verifyImageSignatures(options(bare, online(tampered, entry)));
    expect(verified?.logged?.signedEntryTimestamp).toBe(entry.verification.signedEntryTimestamp);
  });

  it('ignores the log when it is told to', async () => {
    const [verified] = await verifyImageSignatures(options(bare, { log: undefined }));
    expect(verified?.logged).toBeUndefined();
  });

  it('passes over signatures by others', async () => {
    const stranger = signImage(repository, digest, otherPair.privateKey);
    const registry = registryOf(signatureImage(digest, [{ signature: stranger }, { signature, entry }, { signature: again }]));
    expect((await verifyImageSignatures(options(registry))).map((verified) => verified.signature)).toEqual([signature.signature]);
  });

  const ofOther = signImage(repository, otherDigest, pair.privateKey);
  const elsewhere = logged(signatureBody(signature), otherLog);
  it.each<[string, string, ArtifactSource, Partial<VerifyOptions>]>([
    ['nothing is there', 'SIGNATURE_INVALID', registryOf(), {}],
    ['no signature is there', 'SIGNATURE_INVALID', registryOf(signatureImage(digest, [])), {}],
    ['the key is another', 'SIGNATURE_INVALID', bundled, { publicKeyPem: otherPair.publicKeyPem }],
    ['the key is none', 'KEY_MALFORMED', bundled, { publicKeyPem: 'key' }],
    ['the key is none and nothing is there', 'KEY_MALFORMED', registryOf(), { publicKeyPem: 'key' }],
    ['the signature is of another image', 'SIGNATURE_INVALID', registryOf(retagged(signatureImage(otherDigest, [{ signature: ofOther, entry: logged(signatureBody(ofOther)) }]), signatureTag(digest))), {}],
    ['the manifest is malformed', 'MANIFEST_MALFORMED', { ...bundled, getManifest: async () => stored(Buffer.from('{')) }, {}],
    ['the payload is another', 'SIGNATURE_INVALID', { ...bundled, getBlobBytes: async () => Buffer.from('{}') }, {}],
    ['a blob is missing', 'REGISTRY_REFUSED', { ...registryOf(), getManifest: bundled.getManifest }, {}],
    ['the promise was changed', 'LOG_ENTRY_INVALID', registryOf(signatureImage(digest, [{ signature, entry: tampered }])), {}],
    ['the promise is for another signature', 'LOG_ENTRY_INVALID', registryOf(signatureImage(digest, [{ signature: again, entry }])), {}],
    ['the promise is by another log', 'LOG_ENTRY_INVALID', registryOf(signatureImage(digest, [{ signature, entry: elsewhere }])), {}],
    ['the promise is for another key', 'LOG_ENTRY_INVALID', registryOf(signatureImage(digest, [{ signature, entry: logged(signatureBody(signature, otherPair.publicKeyPem)) }])), {}],
    ['a bad promise travels along, though the log has a good one', 'LOG_ENTRY_INVALID', registryOf(signatureImage(digest, [{ signature, entry: tampered }])), online(entry)],
    ['there is no promise and no log to ask', 'LOG_ENTRY_INVALID', bare, {}],
    ['the log has no entry', 'LOG_ENTRY_INVALID', bare, online()],
    ['the log answers with another entry', 'LOG_ENTRY_INVALID', bare, online(logged(signatureBody(again)))],
    ['the log answers with a changed entry', 'LOG_ENTRY_INVALID', bare, online(tampered)],
    ['the log answers with a proof for another place', 'LOG_ENTRY_INVALID', bare, online(misplaced)],
    ['another log answers', 'LOG_ENTRY_INVALID', bare, online(elsewhere)],
  ])('fails when %s', async (_what, code, registry, rest) => {
    await expect(verifyImageSignatures(options(registry, rest))).rejects.toMatchObject({ code });
  });

  it('says what was wrong with each', async () => {
    const stranger = signImage(repository, digest, otherPair.privateKey);
    const registry = registryOf(signatureImage(digest, [{ signature: stranger }, { signature: again }]));
    await expect(verifyImageSignatures(options(registry))).rejects.toMatchObject({
      code: 'LOG_ENTRY_INVALID',
      cause: expect.objectContaining({ code: 'LOG_ENTRY_INVALID' }),
    });
  });
});

describe('verifyAttestations', () => {
  const envelope = attest(digest, pair);
  const envelopeEntry = logged(attestationBody(envelope));
  const bundled = registryOf(attestationImage(digest, [{ envelope, entry: envelopeEntry }]));
  const bare = registryOf(attestationImage(digest, [{ envelope }]));
  const place = (image: AttachedImage) => registryOf(retagged(image, attestationTag(digest)));

  it.each<[string, ArtifactSource, Partial<VerifyOptions>]>([
    ['with the promise that travels along', bundled, {}],
    ['with what the log answers', bare, online(envelopeEntry)],
    ['without the log', bare, { log: undefined }],
  ])('verifies %s', async (_what, registry, rest) => {
    const [verified, ...others] = await verifyAttestations(options(registry, rest));
    expect(verified?.statement).toEqual(slsaV02Statement({ name: repository, digest }));
    expect(verified?.signatures).toEqual(parseEnvelope(envelope).signatures);
    expect(verified?.envelope).toEqual(envelope);
    expect(others).toEqual([]);
  });

  const text = signEnvelope('text/plain', statementBytes(slsaV02Statement({ name: repository, digest })), pair.privateKey);
  const stranger = attest(digest, otherPair);
  const ofOther = attest(otherDigest, pair);
  const twice = attest(digest, pair);
  it.each<[string, string, ArtifactSource, Partial<VerifyOptions>]>([
    ['nothing is there', 'SIGNATURE_INVALID', registryOf(), {}],
    ['the key is another', 'SIGNATURE_INVALID', place(attestationImage(digest, [{ envelope: stranger }])), { log: undefined }],
    ['the statement is about another image', 'SIGNATURE_INVALID', place(attestationImage(otherDigest, [{ envelope: ofOther, entry: logged(attestationBody(ofOther)) }])), {}],
    ['the payload is no statement', 'SIGNATURE_INVALID', place(attestationImage(digest, [{ envelope: text, entry: logged(attestationBody(text)) }])), {}],
    ['the envelope is malformed', 'SIGNATURE_INVALID', { ...bundled, getBlobBytes: async () => Buffer.from('[]') }, {}],
    ['the promise is for another envelope of the same statement', 'LOG_ENTRY_INVALID', registryOf(attestationImage(digest, [{ envelope: twice, entry: envelopeEntry }])), {}],
    ['the promise is for a signature', 'LOG_ENTRY_INVALID', registryOf(attestationImage(digest, [{ envelope, entry }])), {}],
    ['there is no promise and no log to ask', 'LOG_ENTRY_INVALID', bare, {}],
    ['the log has no entry', 'LOG_ENTRY_INVALID', bare, online()],
    ['the log answers with another entry', 'LOG_ENTRY_INVALID', bare, online(logged(attestationBody(twice)))],
  ])('fails when %s', async (_what, code, registry, rest) => {
    await expect(verifyAttestations(options(registry, rest))).rejects.toMatchObject({ code });
  });
});
