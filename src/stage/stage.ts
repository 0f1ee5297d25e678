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
  /** Default: all of them. */
  readonly only?: readonly ServiceName[];
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

/** Where the services are that were started. */
export type SomeAddresses = Partial<StageAddresses> & Pick<StageAddresses, 'launcher'>;

/** The services of a stage, running; all of them unless said otherwise. */
export interface StartedStage<Addresses = StageAddresses> extends AsyncDisposable {
  readonly addresses: Addresses;
  readonly services: readonly StartedService[];
  stop(): Promise<readonly StoppedService[]>;
}

/** As `startServices`, all of them. @throws StampedeError SERVICE_START_FAILED */
export async function startStage(options: Omit<StageOptions, 'only'>): Promise<StartedStage> {
  const { addresses, ...stage } = await startServices(options);
  if (isWhole(addresses)) return { ...stage, addresses };
  await stage.stop();
  throw new StampedeError('SERVICE_START_FAILED', 'a service of the stage has no address');
}

function isWhole(addresses: SomeAddresses): addresses is StageAddresses {
  const { registryUrl, rekorUrl, rekorPublicKeyFile, gitUrl, gitCertificateFile, policyApiUrl } = addresses;
  return [registryUrl, rekorUrl, rekorPublicKeyFile, gitUrl, gitCertificateFile, policyApiUrl].every((each) => each !== undefined);
}

/**
 * Starts services at once. When one fails, those that run are stopped before the error is thrown.
 * @throws StampedeError SERVICE_START_FAILED naming each service that failed, with the causes
 */
export async function startServices({ launcher, directory, only = serviceNames, ports = {}, manners, isKept = false, onProgress, onLost }: StageOptions): Promise<StartedStage<SomeAddresses>> {
  const attempts = await Promise.allSettled(
    only.map(async (service) => {
      const startedAt = monotonicMs();
      const running = await launcher.start(service, { directory: join(directory, service), port: ports[service] ?? 0, isKept, ...(manners === undefined ? {} : { manners }), ...(onLost === undefined ? {} : { onLost }) });
      onProgress?.({ service, durationMs: monotonicMs() - startedAt });
      return running;
    }),
  );
  const services = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
  const resources = new ResourceStack(stopWithinMs / only.length);
  services.forEach((service) => resources.own(service.name, service));
  if (services.length < only.length) {
    await resources[Symbol.asyncDispose]();
    throw startFailure(attempts, only);
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
export async function ownStage(resources: ResourceStack, options: Omit<StageOptions, 'only'>): Promise<StartedStage> {
  return await owned(resources, startStage(options));
}

/** As `ownStage`, of the services that are wanted. */
export async function ownServices(resources: ResourceStack, options: StageOptions): Promise<StartedStage<SomeAddresses>> {
  return await owned(resources, startServices(options));
}

async function owned<Stage extends AsyncDisposable>(resources: ResourceStack, starting: Promise<Stage>): Promise<Stage> {
  resources.defer('stage', async () => await starting.then(async (stage) => await stage[Symbol.asyncDispose](), () => undefined), stopWithinMs);
  return await starting;
}

function startFailure(attempts: readonly PromiseSettledResult<StartedService>[], names: readonly ServiceName[]): StampedeError {
  const failed = attempts.flatMap((attempt, index) => (attempt.status === 'rejected' ? [{ name: names[index], reason: attempt.reason as unknown }] : []));
  const [first] = failed;
  // A port that is taken, or a missing git, is something that the caller can mend: it keeps its own code.
  const code = first?.reason instanceof StampedeError ? first.reason.code : 'SERVICE_START_FAILED';
  const hint = first?.reason instanceof StampedeError ? first.reason.hint : undefined;
  const message = failed.map(({ name, reason }) => `${name} did not start: ${reason instanceof Error ? reason.message : String(reason)}`).join('; ');
  const cause = first?.reason instanceof StampedeError ? first.reason.cause : first?.reason;
  return new StampedeError(code, message, { cause, ...(hint === undefined ? {} : { hint }) });
}

function addressesOf(launcher: Launcher, services: readonly StartedService[]): SomeAddresses {
  const named = (name: ServiceName): StartedService | undefined => services.find((service) => service.name === name);
  const [registry, rekor, git, policyApi] = serviceNames.map(named);
  return {
    launcher: launcher.name,
    ...(registry === undefined ? {} : { registryUrl: registry.url }),
    ...(registry?.secrets === undefined ? {} : { registrySecrets: registry.secrets }),
    ...(rekor === undefined ? {} : { rekorUrl: rekor.url, rekorPublicKeyFile: rekor.trustFile ?? '' }),
    ...(git === undefined ? {} : { gitUrl: git.url, gitCertificateFile: git.trustFile ?? '' }),
    ...(policyApi === undefined ? {} : { policyApiUrl: policyApi.url }),
  };
}

/** One file for whoever can be given one file only. */
async function withTrust(addresses: SomeAddresses, directory: string): Promise<SomeAddresses> {
  const authority = addresses.registrySecrets?.tls?.authorityFile;
  const { gitCertificateFile } = addresses;
  if (authority === undefined || gitCertificateFile === undefined) return addresses;
  const trustFile = join(directory, 'trusted.pem');
  const certificates = await Promise.all([gitCertificateFile, authority].map(async (file) => await readFile(file, 'utf8')));
  await writeFile(trustFile, certificates.join('\n'));
  return { ...addresses, trustFile };
}
