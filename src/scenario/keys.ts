// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StampedeError } from '../foundation/errors.ts';
import { encrypterFor } from '../sigstore/encrypted-key.ts';
import { generateKeyPair, type KeyPair } from '../sigstore/keys.ts';
import type { SecretBook } from './secrets.ts';

/** A key pair and the files that commands name. */
export interface NamedKey {
  readonly name: string;
  readonly pair: KeyPair;
  readonly publicKeyFile: string;
  /** Encrypted in sigstore's form, as `cosign generate-key-pair` leaves it, with an empty password. */
  readonly privateKeyFile: string;
}

let encrypter: ReturnType<typeof encrypterFor> | undefined;

/** With the empty password, which is no secret: all scenarios of this process share what is slow about it. */
function encrypt(privateKey: KeyPair['privateKey']): string {
  encrypter ??= encrypterFor('');
  return encrypter(privateKey);
}

/** The keys of one scenario, made on the first mention of their name; private files have mode 0600. */
export class KeyRing {
  readonly #folder: string;
  readonly #secrets: Pick<SecretBook, 'addKey'> | undefined;
  readonly #keys = new Map<string, NamedKey>();

  /** `secrets` gets to know every private key. */
  constructor(folder: string, secrets?: Pick<SecretBook, 'addKey'>) {
    this.#folder = folder;
    this.#secrets = secrets;
  }

  async make(name: string): Promise<NamedKey> {
    const present = this.#keys.get(name);
    if (present !== undefined) return present;
    const pair = generateKeyPair();
    const key = { name, pair, publicKeyFile: join(this.#folder, `${safe(name)}.pub`), privateKeyFile: join(this.#folder, `${safe(name)}.key`) };
    this.#keys.set(name, key);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeFile(key.publicKeyFile, pair.publicKeyPem);
    const encrypted = encrypt(pair.privateKey);
    const plain = (['pkcs8', 'sec1'] as const).map((type) => pair.privateKey.export({ type, format: 'pem' }).toString());
    this.#secrets?.addKey(name, { forms: [encrypted, ...plain], publicKeyPem: pair.publicKeyPem });
    await writeFile(key.privateKeyFile, encrypted, { mode: 0o600 });
    return key;
  }

  /** @throws StampedeError STEP_OUT_OF_ORDER when no step has made it. */
  named(name: string): NamedKey {
    const key = this.#keys.get(name);
    if (key !== undefined) return key;
    throw new StampedeError('STEP_OUT_OF_ORDER', `there is no key pair named ${JSON.stringify(name)} yet`, {
      hint: `write before: Given a key pair named "${name}"`,
    });
  }

  all(): readonly NamedKey[] {
    return [...this.#keys.values()];
  }
}

function safe(name: string): string {
  return encodeURIComponent(name);
}
