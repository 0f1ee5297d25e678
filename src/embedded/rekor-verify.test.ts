// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toSignedEntity, Verifier, type TrustMaterial } from '@sigstore/verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../oci/digest.ts';
import { inTotoPayloadType, parseEnvelope, signEnvelope } from '../sigstore/dsse.ts';
import { generateKeyPair, logIdOf, readPublicKey } from '../sigstore/keys.ts';
import { parseLogEntries, type LogEntry } from '../sigstore/log-entry.ts';
import { proposeDsse, proposeHashedrekord, proposeIntoto, type ProposedEntry } from '../sigstore/proposed-entry.ts';
import { signImage } from '../sigstore/simple-signing.ts';
import { slsaV1Statement, statementBytes } from '../sigstore/statement.ts';
import { startRekor, type RekorServer } from './rekor.ts';

type Bundle = Parameters<typeof toSignedEntity>[0];
type Content = Bundle['content'];

const pair = generateKeyPair();
const digest = digestOf(Buffer.from('manifest'));
const signed = signImage('registry.local/image', digest, pair.privateKey);
const envelope = signEnvelope(inTotoPayloadType, statementBytes(slsaV1Statement({ name: 'image', digest })), pair.privateKey);
const { payload, signatures } = parseEnvelope(envelope);
const envelopeContent: Content = {
  $case: 'dsseEnvelope',
  dsseEnvelope: {
    payloadType: inTotoPayloadType,
    payload: Buffer.from(payload, 'base64'),
    signatures: signatures.map(({ sig }) => ({ keyid: '', sig: Buffer.from(sig, 'base64') })),
  },
};
const signatureContent: Content = {
  $case: 'messageSignature',
  messageSignature: {
    messageDigest: { algorithm: 1, digest: Buffer.from(digestOf(signed.payload).slice(7), 'hex') },
    signature: Buffer.from(signed.signature, 'base64'),
  },
};

/** Entries of the embedded log, judged by code that shares nothing with it but the format. */
describe('the embedded log and @sigstore/verify', () => {
  let directory: string;
  let rekor: RekorServer;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rekor-verify-test-'));
    rekor = await startRekor({ directory });
    for (let i = 0; i < 5; i += 1) await add(proposeHashedrekord(signImage('filler', digest, pair.privateKey), pair.publicKeyPem));
  });

  afterAll(async () => {
    await rekor.close();
    await rm(directory, { recursive: true });
  });

  async function add(entry: ProposedEntry): Promise<LogEntry> {
    const response = await fetch(`${rekor.url}/api/v1/log/entries`, { method: 'POST', body: JSON.stringify(entry), headers: { 'content-type': 'application/json' } });
    const [added] = parseLogEntries(await response.text());
    if (added === undefined) throw new Error('no entry');
    return added;
  }

  function trust(): TrustMaterial {
    const logKey = {
      logID: Buffer.from(logIdOf(rekor.publicKeyPem), 'hex'),
      publicKey: readPublicKey(rekor.publicKeyPem),
      baseURL: 'https://rekor.local',
      validFor: { start: new Date(0), end: new Date(8e12) },
    };
    const signer = { publicKey: readPublicKey(pair.publicKeyPem), validFor: () => true };
    return { certificateAuthorities: [], timestampAuthorities: [], tlogs: [logKey], ctlogs: [], publicKey: () => signer };
  }

  function entity(entry: LogEntry, content: Content): ReturnType<typeof toSignedEntity> {
    const { kind, apiVersion } = JSON.parse(Buffer.from(entry.body, 'base64').toString());
    const { inclusionProof, signedEntryTimestamp } = entry.verification;
    const tlogEntry = {
      logIndex: String(entry.logIndex),
      logId: { keyId: Buffer.from(entry.logID, 'hex') },
      kindVersion: { kind, version: apiVersion },
      integratedTime: String(entry.integratedTime),
      inclusionPromise: { signedEntryTimestamp: Buffer.from(signedEntryTimestamp, 'base64') },
      inclusionProof: {
        logIndex: String(inclusionProof.logIndex),
        treeSize: String(inclusionProof.treeSize),
        rootHash: Buffer.from(inclusionProof.rootHash, 'hex'),
        hashes: inclusionProof.hashes.map((hash) => Buffer.from(hash, 'hex')),
        checkpoint: { envelope: inclusionProof.checkpoint },
      },
      canonicalizedBody: Buffer.from(entry.body, 'base64'),
    };
    const bundle = {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      content,
      verificationMaterial: {
        content: { $case: 'publicKey' as const, publicKey: { hint: 'key' } },
        tlogEntries: [tlogEntry],
        timestampVerificationData: undefined,
      },
    };
    return toSignedEntity(bundle, signed.payload);
  }

  it.each([
    ['hashedrekord', () => proposeHashedrekord(signed, pair.publicKeyPem), signatureContent],
    ['dsse', () => proposeDsse(envelope, pair.publicKeyPem), envelopeContent],
    ['intoto', () => proposeIntoto(envelope, pair.publicKeyPem), envelopeContent],
  ])('agree on %s, its promise, proof and checkpoint', async (_kind, propose, content) => {
    const entry = await add(propose());
    const verifier = new Verifier(trust());
    expect(() => verifier.verify(entity(entry, content))).not.toThrow();
    expect(() => verifier.verify(entity({ ...entry, logIndex: entry.logIndex + 1 }, content))).toThrow(
      expect.objectContaining({ code: 'TLOG_INCLUSION_PROMISE_ERROR' }),
    );
  });
});
