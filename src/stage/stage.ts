// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monotonicMs } from '../foundation/clock.ts';
import { StampedeError } from '../foundation/errors.ts';
import { ResourceStack } from '../foundation/resources.ts';
import type { RegistryManners } from './registry-security.ts';
import type { Launcher, ServiceName, StageAddresses, StartedService, StoppedService } from './service.ts';

export const serviceNames = ['registry', 'rekor', 'git', 'policy-api'] as const satisfies readonly ServiceName[];

export interface ServiceProgress {
  readonly service: ServiceName;
  readonly durationMs: number;
}

export interface StageOptions {
  readonly launcher: Launcher;
  /** Services store below it; the caller removes it. */
  readonly directory: string;
  /** A missing one is a free one. */
  readonly ports?: Partial<Readonly<Record<ServiceName, number>>>;
  /** How the registry wants to be spoken to; absent: anonymous, in plain http. */
  readonly manners?: RegistryManners;
  /** Services go on with what they had in `directory` before. */
  readonly isKept?: boolean;
  readonly onProgress?: (progress: ServiceProgress) => void;
  /** Called when a service ends by itself: whatever is judged from then on says nothing. */
  readonly onLost?: (error: StampedeError) => void;
}

/** An engine on a busy machine takes seconds for each container; Podman took nine for the five of the log. */
const stopWithinMs = 60_000;

/** All services of a stage, running. */
export interface StartedStage extends AsyncDisposable {
  readonly addresses: StageAddresses;
  readonly services: readonly StartedService[];
  stop(): Promise<readonly StoppedService[]>;
}

/**
 * Starts all services at once. When one fails, those that run are stopped before the error is thrown.
 * @throws StampedeError SERVICE_START_FAILED naming each service that failed, with the causes
 */
export async function startStage({ launcher, directory, ports = {}, manners, isKept = false, onProgress, onLost }: StageOptions): Promise<StartedStage> {
  const attempts = await Promise.allSettled(
    serviceNames.map(async (service) => {
      const startedAt = monotonicMs();
      const running = await launcher.start(service, { directory: join(directory, service), port: ports[service] ?? 0, isKept, ...(manners === undefined ? {} : { manners }), ...(onLost === undefined ? {} : { onLost }) });
      onProgress?.({ service, durationMs: monotonicMs() - startedAt });
      return running;
    }),
  );
  const services = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
  const resources = new ResourceStack(stopWithinMs / serviceNames.length);
  services.forEach((service) => resources.own(service.name, service));
  if (services.length < serviceNames.length) {
    await resources[Symbol.asyncDispose]();
    throw startFailure(attempts);
  }
  return {
    addresses: await withTrust(addressesOf(launcher, services), directory),
    services,
    async stop() {
      const stopped = services.map((service): StoppedService => ({ name: service.name, logs: () => service.logs() }));
      await resources[Symbol.asyncDispose]();
      return stopped;
    },
    [Symbol.asyncDispose]: async () => await resources[Symbol.asyncDispose](),
  };
}

/** Starts a stage that `resources` stops, even when they are released while it is still starting. */
export async function ownStage(resources: ResourceStack, options: StageOptions): Promise<StartedStage> {
  const starting = startStage(options);
  resources.defer('stage', async () => await starting.then(async (stage) => await stage[Symbol.asyncDispose](), () => undefined), stopWithinMs);
  return await starting;
}

function startFailure(attempts: readonly PromiseSettledResult<StartedService>[]): StampedeError {
  const failed = attempts.flatMap((attempt, index) => (attempt.status === 'rejected' ? [{ name: serviceNames[index], reason: attempt.reason as unknown }] : []));
  const [first] = failed;
  // A port that is taken, or a missing git, is something that the caller can mend: it keeps its own code.
  const code = first?.reason instanceof StampedeError ? first.reason.code : 'SERVICE_START_FAILED';
  const hint = first?.reason instanceof StampedeError ? first.reason.hint : undefined;
  const message = failed.map(({ name, reason }) => `${name} did not start: ${reason instanceof Error ? reason.message : String(reason)}`).join('; ');
  const cause = first?.reason instanceof StampedeError ? first.reason.cause : first?.reason;
  return new StampedeError(code, message, { cause, ...(hint === undefined ? {} : { hint }) });
}

function addressesOf(launcher: Launcher, services: readonly StartedService[]): StageAddresses {
  const named = (name: ServiceName): StartedService => {
    const found = services.find((service) => service.name === name);
    if (found === undefined) throw new StampedeError('SERVICE_START_FAILED', `${name} is not on the stage`);
    return found;
  };
  const { secrets } = named('registry');
  return {
    launcher: launcher.name,
    registryUrl: named('registry').url,
    ...(secrets === undefined ? {} : { registrySecrets: secrets }),
    rekorUrl: named('rekor').url,
    rekorPublicKeyFile: named('rekor').trustFile ?? '',
    gitUrl: named('git').url,
    gitCertificateFile: named('git').trustFile ?? '',
    policyApiUrl: named('policy-api').url,
  };
}

/** One file for whoever can be given one file only. */
async function withTrust(addresses: StageAddresses, directory: string): Promise<StageAddresses> {
  const authority = addresses.registrySecrets?.tls?.authorityFile;
  if (authority === undefined) return addresses;
  const trustFile = join(directory, 'trusted.pem');
  const certificates = await Promise.all([addresses.gitCertificateFile, authority].map(async (file) => await readFile(file, 'utf8')));
  await writeFile(trustFile, certificates.join('\n'));
  return { ...addresses, trustFile };
}
