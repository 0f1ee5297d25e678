// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { certificateAuthority, type ServerCertificate } from '../embedded/certificate.ts';
import type { RegistryAccess } from '../embedded/registry/access.ts';
import type { Credentials } from '../oci/registry-login.ts';

/** How a registry wants to be spoken to. */
export interface RegistryManners {
  /** Whether it asks who somebody is, and how that is shown. */
  readonly auth: 'none' | 'basic' | 'token';
  /** By https alone. */
  readonly tls: boolean;
}

/** What it takes to use a registry that asks for more than an address: files of mode 0600, so that no secret is in an environment or a command line. */
export interface RegistrySecrets {
  /** JSON: who may use it, and what its tokens begin with. Absent: anybody. */
  readonly accessFile?: string;
  /** PEM files. Absent: plain http. */
  readonly tls?: { readonly authorityFile: string; readonly doorCertificateFile: string; readonly doorKeyFile: string };
}

/** The password of a run, and what its tokens begin with. */
export type RegistryPass = Credentials & Pick<RegistryAccess, 'tokenPrefix'>;

export interface MadeSecrets {
  readonly secrets: RegistrySecrets;
  readonly access?: RegistryAccess;
  readonly certificate?: ServerCertificate;
}

/**
 * Made anew for each run, and kept in `folder`. `hosts`: the names that the registry goes by besides the loopback ones.
 */
export async function makeRegistrySecrets({ auth, tls }: RegistryManners, folder: string, hosts: readonly string[]): Promise<MadeSecrets> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const kept = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text, { mode: 0o600, flag: 'wx' });
    return join(folder, name);
  };
  const pass: RegistryPass = { username: `user-${randomBytes(4).toString('hex')}`, password: randomBytes(24).toString('base64url'), tokenPrefix: `t${randomBytes(12).toString('hex')}-` };
  const shown = auth === 'none' ? {} : { accessFile: await kept('access.json', `${JSON.stringify(pass)}\n`) };
  const access = auth === 'none' ? {} : { access: { kind: auth, ...pass } };
  if (!tls) return { secrets: shown, ...access };
  const authority = await certificateAuthority();
  const [certificate, door] = await Promise.all([authority.issue(hosts), authority.issue(hosts)]);
  const files = { authorityFile: await kept('authority.pem', authority.certificatePem), doorCertificateFile: await kept('door.pem', door.certificatePem), doorKeyFile: await kept('door.key', door.privateKeyPem) };
  return { secrets: { ...shown, tls: files }, ...access, certificate };
}

/** Undefined where the registry serves anybody. */
export function readRegistryPass({ accessFile }: RegistrySecrets = {}): RegistryPass | undefined {
  return accessFile === undefined ? undefined : (JSON.parse(readFileSync(accessFile, 'utf8')) as RegistryPass);
}

/** What a door needs to stand in for the registry; undefined where that speaks plain http. */
export async function readDoorCertificate({ tls }: RegistrySecrets = {}): Promise<(ServerCertificate & { readonly authorityPem: string }) | undefined> {
  if (tls === undefined) return undefined;
  const [certificatePem, privateKeyPem, authorityPem] = await Promise.all([tls.doorCertificateFile, tls.doorKeyFile, tls.authorityFile].map(async (file) => await readFile(file, 'utf8')));
  return { certificatePem: certificatePem ?? '', privateKeyPem: privateKeyPem ?? '', authorityPem: authorityPem ?? '' };
}
