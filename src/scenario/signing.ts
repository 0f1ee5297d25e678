// SPDX-License-Identifier: Apache-2.0
import type { Digest } from '../oci/digest.ts';
import type { ImageConfig, Manifest } from '../oci/manifest.ts';
import type { RegistryClient } from '../oci/registry-client.ts';
import { attestationImage, attestationTag, signatureImage, signatureTag, type AttachedImage, type ExistingImage } from '../sigstore/attach.ts';
import { inTotoPayloadType, parseEnvelope, signEnvelope } from '../sigstore/dsse.ts';
import type { LogEntry } from '../sigstore/log-entry.ts';
import { proposeHashedrekord, proposeDsse, type ProposedEntry } from '../sigstore/proposed-entry.ts';
import type { RekorClient } from '../sigstore/rekor-client.ts';
import { signImage } from '../sigstore/simple-signing.ts';
import { slsaV02Statement, slsaV1Statement, statementBytes, type Statement } from '../sigstore/statement.ts';
import { MediaType } from '../oci/manifest.ts';
import type { NamedKey } from './keys.ts';

/**
 * Whether what is signed is logged, and how a validator gets to know: `bundled` with the log's promise beside the
 * signature, `online` by asking the log, `unlogged` not at all.
 */
export type Logging = 'bundled' | 'online' | 'unlogged';

export type Provenance = 'slsa-v0.2' | 'slsa-v1';

export interface SignerSettings {
  readonly registry: RegistryClient;
  readonly rekor: RekorClient;
}

/** The image that is signed or attested. */
export interface Signable {
  readonly repository: string;
  /** `host/repository`, without tag or digest. */
  readonly reference: string;
  readonly digest: Digest;
}

/** What of an image can be in the log. */
export type Signed = 'image signature' | 'attestation';

const manifestLimit = 4 * 1024 * 1024;

export interface Attesting {
  readonly provenance: Provenance;
  readonly logging: Logging;
  /** What is attested instead of the usual statement. */
  readonly change?: (statement: Statement) => Statement;
}

/** Makes signatures and attestations as cosign does, logs them in whichever Rekor is on stage, and pushes them. */
export class Signer {
  readonly #registry: RegistryClient;
  readonly #rekor: RekorClient;
  readonly #posted: LogEntry[] = [];
  readonly #proposals: { readonly of: Digest; readonly signed: Signed; readonly proposed: ProposedEntry }[] = [];

  constructor({ registry, rekor }: SignerSettings) {
    this.#registry = registry;
    this.#rekor = rekor;
  }

  /** Returns the signature, base64. */
  async sign(subject: Signable, key: NamedKey, logging: Logging): Promise<string> {
    const signature = signImage(subject.reference, subject.digest, key.pair.privateKey);
    const entry = await this.#propose({ of: subject.digest, signed: 'image signature', proposed: proposeHashedrekord(signature, key.pair.publicKeyPem) }, logging);
    const attached = { signature, ...(logging === 'bundled' && entry !== undefined ? { entry } : {}) };
    const existing = await this.#existing(subject.repository, signatureTag(subject.digest));
    await this.#push(subject.repository, signatureImage(subject.digest, [attached], existing));
    return signature.signature;
  }

  /** Returns the envelope's signature, base64. */
  async attest(subject: Signable, key: NamedKey, { provenance, logging, change = (statement) => statement }: Attesting): Promise<string> {
    const make = { 'slsa-v0.2': slsaV02Statement, 'slsa-v1': slsaV1Statement }[provenance];
    const statement = change(make({ name: subject.reference, digest: subject.digest }));
    const envelope = signEnvelope(inTotoPayloadType, statementBytes(statement), key.pair.privateKey);
    const entry = await this.#propose({ of: subject.digest, signed: 'attestation', proposed: proposeDsse(envelope, key.pair.publicKeyPem) }, logging);
    const attached = { envelope, ...(logging === 'bundled' && entry !== undefined ? { entry } : {}) };
    const existing = await this.#existing(subject.repository, attestationTag(subject.digest));
    await this.#push(subject.repository, attestationImage(subject.digest, [attached], existing));
    return parseEnvelope(envelope).signatures[0]?.sig ?? '';
  }

  /** The log has each of them afterwards, and says so itself; how many there are. */
  async log(of: Digest, signed: Signed): Promise<number> {
    const those = this.#proposals.filter((one) => one.of === of && one.signed === signed);
    for (const { proposed } of those) await this.#log(proposed);
    return those.length;
  }

  /** Everything that went into the log, as it answered then. */
  posted(): readonly LogEntry[] {
    return [...this.#posted];
  }

  async #propose(proposal: { readonly of: Digest; readonly signed: Signed; readonly proposed: ProposedEntry }, logging: Logging): Promise<LogEntry | undefined> {
    this.#proposals.push(proposal);
    return logging === 'unlogged' ? undefined : await this.#log(proposal.proposed);
  }

  /** What is there already is answered as it is. */
  async #log(proposed: ProposedEntry): Promise<LogEntry> {
    const entry = await this.#rekor.post(proposed);
    if (this.#posted.every(({ uuid }) => uuid !== entry.uuid)) this.#posted.push(entry);
    return entry;
  }

  async #existing(repository: string, tag: string): Promise<ExistingImage | undefined> {
    const found = await this.#registry.getManifest(repository, tag);
    if (found === undefined) return undefined;
    const manifest = JSON.parse(found.bytes.toString('utf8')) as Manifest;
    const config = await this.#registry.getBlobBytes(repository, manifest.config.digest, manifestLimit);
    return { manifest, config: JSON.parse(config.toString('utf8')) as ImageConfig };
  }

  async #push(repository: string, image: AttachedImage): Promise<void> {
    await Promise.all(image.blobs.map(async ({ bytes }) => await this.#registry.pushBlob(repository, bytes)));
    await this.#registry.putManifest(repository, image.tag, image.manifestBytes, MediaType.ociManifest);
  }
}
