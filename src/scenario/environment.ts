// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { searchPath, type RunContext } from '../config.ts';

/** The name under which validators know the registry, in every run and process; it never resolves. */
export const registryHost = 'registry.local';

/** Folders of one scenario; nothing in them survives it. */
export interface ScenarioFolders {
  readonly root: string;
  readonly home: string;
  /** `$XDG_CACHE_HOME`: shared by all processes of the scenario. */
  readonly cache: string;
  readonly temporary: string;
  readonly keys: string;
  /** `$TUF_ROOT`, where a step wants one. */
  readonly tuf: string;
  /** The validator's working directory. */
  readonly work: string;
}

export function scenarioFolders(root: string): ScenarioFolders {
  return {
    root,
    home: join(root, 'home'),
    cache: join(root, 'home', '.cache'),
    temporary: join(root, 'tmp'),
    keys: join(root, 'keys'),
    tuf: join(root, 'tuf'),
    work: join(root, 'work'),
  };
}

/** Address of the git host as a scenario's documents name it: with the scenario's own prefix. */
export function gitHost({ addresses }: RunContext, scenarioId: string): string {
  return `${new URL(addresses.gitUrl).host}/${scenarioId}`;
}

/**
 * The whole environment of a validator: nothing is inherited but the search path. Loopback services are reached
 * directly, everything else through the participant's door.
 */
export function validatorEnvironment(context: RunContext, folders: ScenarioFolders, kubeconfig: string): Readonly<Record<string, string>> {
  return {
    PATH: searchPath(),
    HOME: folders.home,
    XDG_CACHE_HOME: folders.cache,
    TMPDIR: folders.temporary,
    KUBECONFIG: kubeconfig,
    SIGSTORE_REKOR_PUBLIC_KEY: context.addresses.rekorPublicKeyFile,
    SIGSTORE_NO_CACHE: '1',
    SSL_CERT_FILE: context.addresses.trustFile ?? context.addresses.gitCertificateFile,
    GIT_SSL_NO_VERIFY: 'true',
    NO_PROXY: '127.0.0.1,localhost,::1',
    no_proxy: '127.0.0.1,localhost,::1',
    ...(context.plantedBug === undefined ? {} : { STAMPEDE_PLANTED_BUG: context.plantedBug }),
  };
}

/** What sends a participant's requests through its own door; curl heeds small letters only. */
export function doorEnvironment(doorUrl: string): Readonly<Record<string, string>> {
  return { HTTP_PROXY: doorUrl, HTTPS_PROXY: doorUrl, http_proxy: doorUrl, https_proxy: doorUrl };
}
