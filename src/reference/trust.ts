// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { StampedeError } from '../foundation/errors.ts';
import type { Transport } from '../oci/transport.ts';
import { readPublicKey } from '../sigstore/keys.ts';
import { createRekorClient } from '../sigstore/rekor-client.ts';
import type { TrustedLog } from '../sigstore/trusted-log.ts';

/** What signatures are checked against. */
export interface Trust {
  readonly publicKeyPem: string;
  /** Undefined: the log is ignored. */
  readonly log: TrustedLog | undefined;
}

export interface TrustOptions {
  /** A PEM text or the name of a file that holds one. */
  readonly publicKey: string | undefined;
  readonly rekorUrl: string | undefined;
  readonly ignoreRekor: boolean;
  /** SIGSTORE_REKOR_PUBLIC_KEY names the file with the log's key; without it the log itself is asked. */
  readonly environment: NodeJS.ProcessEnv;
}

/** @throws StampedeError CONFIG_INVALID, KEY_MALFORMED, REKOR_REFUSED, CONNECTION_FAILED */
export async function openTrust({ publicKey, rekorUrl, ignoreRekor, environment }: TrustOptions, transport: Transport): Promise<Trust> {
  if (publicKey === undefined || publicKey === '') {
    throw new StampedeError('CONFIG_INVALID', 'no public key', { hint: 'use --public-key, or publicKey in the policy' });
  }
  const publicKeyPem = publicKey.includes('-----BEGIN') ? publicKey : await readKeyFile(publicKey);
  readPublicKey(publicKeyPem);
  if (ignoreRekor) return { publicKeyPem, log: undefined };
  const client = rekorUrl === undefined ? undefined : createRekorClient({ url: rekorUrl, transport });
  const file = environment['SIGSTORE_REKOR_PUBLIC_KEY'];
  const logKey = file === undefined || file === '' ? await client?.publicKey() : await readKeyFile(file);
  if (logKey === undefined) {
    throw new StampedeError('CONFIG_INVALID', "no key of the transparency log to check signatures' entries with", {
      hint: 'name its file in SIGSTORE_REKOR_PUBLIC_KEY, use --rekor-url, or --ignore-rekor',
    });
  }
  readPublicKey(logKey);
  return { publicKeyPem, log: { publicKeyPem: logKey, ...(client === undefined ? {} : { client }) } };
}

async function readKeyFile(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new StampedeError('KEY_MALFORMED', `can't read the key file ${file}`, { cause });
  });
}
