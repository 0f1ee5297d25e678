// SPDX-License-Identifier: Apache-2.0
import type { StampedeError } from '../foundation/errors.ts';
import type { RegistryManners, RegistrySecrets } from './registry-security.ts';

/** The services that a stage has. */
export type ServiceName = 'registry' | 'rekor' | 'git' | 'policy-api';

/** A service that runs. A stopped one can't be asked for its address: the wrong order does not compile. */
export interface StartedService extends AsyncDisposable {
  readonly name: ServiceName;
  /** Base address without trailing slash, loopback only. */
  readonly url: string;
  /** What else a client needs: file with the log's public key, or with the git host's certificate. */
  readonly trustFile?: string;
  /** Of a registry that asks for more than an address. */
  readonly secrets?: RegistrySecrets;
  /** The last lines that the service logged, for failure messages. */
  logs(): readonly string[];
  stop(): Promise<StoppedService>;
}

/** What is left of a service once it has stopped. */
export interface StoppedService {
  readonly name: ServiceName;
  logs(): readonly string[];
}

/** Where a service may keep what it stores, and on which port it listens (0: a free one). */
export interface StartOptions {
  readonly directory: string;
  readonly port: number;
  /** For the registry; absent: anonymous, in plain http. */
  readonly manners?: RegistryManners;
  /** What the service had in this folder before goes on; the launcher in this process alone knows how. Absent: it starts empty. */
  readonly isKept?: boolean;
  /** Called once when the service ends by itself; without it, nobody watches. */
  readonly onLost?: (error: StampedeError) => void;
}

/** A way of starting services: embedded in this process, or in containers. */
export interface Launcher {
  /** Shown to people, never branched on. */
  readonly name: string;
  start(service: ServiceName, options: StartOptions): Promise<StartedService>;
}

/**
 * Where everything on the stage is: plain data, so that it crosses process borders as JSON.
 * Paths are absolute.
 */
export interface StageAddresses {
  /** Name of the launcher. */
  readonly launcher: string;
  readonly registryUrl: string;
  /** Absent: anonymous, in plain http. */
  readonly registrySecrets?: RegistrySecrets;
  readonly rekorUrl: string;
  /** PEM file with the log's public key. */
  readonly rekorPublicKeyFile: string;
  /** https */
  readonly gitUrl: string;
  /** PEM file with the git host's certificate. */
  readonly gitCertificateFile: string;
  /** PEM file with everything that a validator has to trust; absent: the git host's certificate is all. */
  readonly trustFile?: string;
  readonly policyApiUrl: string;
}
