// SPDX-License-Identifier: Apache-2.0
import { randomBytes, webcrypto } from 'node:crypto';
import type { SubjectAlternativeNameExtension } from '@peculiar/x509';
import { wallClock } from '../foundation/clock.ts';

export interface ServerCertificate {
  readonly certificatePem: string;
  /** PKCS#8. */
  readonly privateKeyPem: string;
}

/** Issues certificates that whoever trusts it accepts. Its own key never leaves it, and goes with it. */
export interface CertificateAuthority {
  readonly certificatePem: string;
  /** For a server with the loopback names, and `hosts` besides. */
  issue(hosts?: readonly string[]): Promise<ServerCertificate>;
}

const dayMs = 86_400_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const serverUse = '1.3.6.1.5.5.7.3.1';

/** A self-signed certificate for the loopback names, fresh for each run and valid for two days around it. */
export async function selfSignedCertificate(): Promise<ServerCertificate> {
  const { BasicConstraintsExtension, X509CertificateGenerator } = await library();
  const keys = await freshKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...aroundNow(),
    serialNumber: '01',
    name: 'CN=localhost',
    keys,
    signingAlgorithm: algorithm,
    extensions: [new BasicConstraintsExtension(true, undefined, true), await namesOf([])],
  });
  return { certificatePem: pemOf(certificate), privateKeyPem: await privateKeyPem(keys) };
}

/** Fresh for each run and valid for two days around it, as all that it issues. */
export async function certificateAuthority(): Promise<CertificateAuthority> {
  const { BasicConstraintsExtension, ExtendedKeyUsageExtension, KeyUsageFlags, KeyUsagesExtension, X509CertificateGenerator } = await library();
  const keys = await freshKeys();
  const name = `CN=stampede authority ${randomBytes(4).toString('hex')}`;
  const own = await X509CertificateGenerator.createSelfSigned({
    ...aroundNow(),
    serialNumber: serialNumber(),
    name,
    keys,
    signingAlgorithm: algorithm,
    extensions: [new BasicConstraintsExtension(true, 0, true), new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true)],
  });
  const issue: CertificateAuthority['issue'] = async (hosts = []) => {
    const issued = await freshKeys();
    const certificate = await X509CertificateGenerator.create({
      ...aroundNow(),
      serialNumber: serialNumber(),
      subject: 'CN=stampede',
      issuer: name,
      publicKey: issued.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [new BasicConstraintsExtension(false, undefined, true), new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true), new ExtendedKeyUsageExtension([serverUse]), await namesOf(hosts)],
    });
    return { certificatePem: pemOf(certificate), privateKeyPem: await privateKeyPem(issued) };
  };
  return { certificatePem: pemOf(own), issue };
}

async function library() {
  // Decorator metadata is what the library builds its encoders from; loaded here, as only servers with TLS need it.
  await import('reflect-metadata');
  return await import('@peculiar/x509');
}

async function namesOf(hosts: readonly string[]): Promise<SubjectAlternativeNameExtension> {
  const x509 = await library();
  return new x509.SubjectAlternativeNameExtension([
    ...['localhost', ...hosts].map((value) => ({ type: 'dns' as const, value })),
    { type: 'ip', value: '127.0.0.1' },
    { type: 'ip', value: '::1' },
  ]);
}

async function freshKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

/** Positive, and shorter than the twenty bytes that are allowed. */
function serialNumber(): string {
  return `01${randomBytes(15).toString('hex')}`;
}

function aroundNow(): { readonly notBefore: Date; readonly notAfter: Date } {
  const now = wallClock().getTime();
  return { notBefore: new Date(now - dayMs), notAfter: new Date(now + dayMs) };
}

function pemOf(certificate: { toString(format: 'pem'): string }): string {
  return `${certificate.toString('pem')}\n`;
}

async function privateKeyPem({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  const encoded = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${(encoded.match(/.{1,64}/g) ?? []).join('\n')}\n-----END PRIVATE KEY-----\n`;
}
