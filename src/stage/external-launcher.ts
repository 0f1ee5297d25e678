// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StampedeError } from '../foundation/errors.ts';
import { createTransport } from '../oci/transport.ts';
import { embeddedLauncher } from './embedded-launcher.ts';
import type { Launcher, ServiceName, StartedService, StartOptions } from './service.ts';

/** Where services already run, started and stopped by somebody else: side cars of a pod, or `docker compose up`. */
export interface ExternalAddresses {
  readonly registryUrl: string;
  readonly rekorUrl: string;
  /** https */
  readonly gitUrl: string;
  /** PEM file with the certificate of the git host, or of the authority that issued it. */
  readonly gitCertificate: string;
}

type ExternalService = Exclude<ServiceName, 'policy-api'>;
const loopback = /^(?:127\.0\.0\.1|localhost|\[::1\])$/;

/**
 * Uses services that run already, on loopback, and leaves them running. The policy API is this project's own.
 * @throws StampedeError CONFIG_INVALID for an address that is not on loopback; `start`: SERVICE_START_FAILED
 */
export function externalLauncher(addresses: ExternalAddresses): Launcher {
  const urls: Readonly<Record<ExternalService, string>> = { registry: addresses.registryUrl, rekor: addresses.rekorUrl, git: addresses.gitUrl };
  for (const [service, url] of Object.entries(urls)) requireLoopback(service, url);
  return {
    name: 'external',
    start: async (service, options) => (service === 'policy-api' ? await embeddedLauncher.start(service, options) : await use(service, urls[service], { ...options, ...addresses })),
  };
}

async function use(name: ExternalService, given: string, { directory, gitCertificate }: StartOptions & ExternalAddresses): Promise<StartedService> {
  const url = given.replace(/\/+$/, '');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const trustFile = { registry: undefined, rekor: join(directory, 'log-public-key.pem'), git: gitCertificate }[name];
  const question = { registry: '/v2/', rekor: '/api/v1/log/publicKey', git: '/git/none.git/info/refs?service=git-upload-pack' }[name];
  const answer = await ask(name, `${url}${question}`, gitCertificate);
  if (name === 'rekor') await writeFile(join(directory, 'log-public-key.pem'), answer);
  const logs = (): readonly string[] => [`${name} runs outside, at ${url}: its log is there`];
  const stop = async (): Promise<void> => undefined;
  return { name, url, ...(trustFile === undefined ? {} : { trustFile }), logs, [Symbol.asyncDispose]: stop, stop: async () => ({ name, logs }) };
}

/** A git host knows no repository named `none`; the others answer with what was asked for. */
async function ask(name: ExternalService, url: string, gitCertificate: string): Promise<Buffer> {
  const hint = 'start it first, and look at its address';
  try {
    await using transport = createTransport(name === 'git' ? { caPem: await readFile(gitCertificate, 'utf8') } : {});
    const response = await transport.request(url);
    const bytes = await response.bytes();
    if (response.status === (name === 'git' ? 404 : 200)) return bytes;
    throw new StampedeError('SERVICE_START_FAILED', `${name} answered ${response.status} to ${url}`, { hint });
  } catch (cause) {
    if (cause instanceof StampedeError && cause.code === 'SERVICE_START_FAILED') throw cause;
    throw new StampedeError('SERVICE_START_FAILED', `${name} does not answer at ${url}`, { cause, hint });
  }
}

function requireLoopback(service: string, url: string): void {
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  if (loopback.test(host)) return;
  throw new StampedeError('CONFIG_INVALID', `${service} is to be at ${JSON.stringify(url)}, which is not on loopback`, { hint: 'give an address such as http://127.0.0.1:5000' });
}
