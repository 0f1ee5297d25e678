// SPDX-License-Identifier: Apache-2.0
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunContext } from '../config.ts';
import { wallClock } from '../foundation/clock.ts';
import { ResourceStack } from '../foundation/resources.ts';
import type { LogDoor } from '../faults/log-door.ts';
import { createRegistryClient, type RegistryClient } from '../oci/registry-client.ts';
import type { Transport } from '../oci/transport.ts';
import { createRekorClient, type RekorClient } from '../sigstore/rekor-client.ts';
import { kubeconfigFor } from '../stage/kubeconfig.ts';
import { readRegistryPass } from '../stage/registry-security.ts';
import type { Subject } from '../validator/subject.ts';
import { gitHost, registryHost, scenarioFolders, validatorEnvironment, type ScenarioFolders } from './environment.ts';
import type { ScenarioIdentity } from './identity.ts';
import { ImageShelf } from './images.ts';
import { KeyRing } from './keys.ts';
import { KnownValues } from './known-values.ts';
import { usualValues } from './usual-values.ts';
import { policyNamespace } from './policy-object.ts';
import { loginTo, openTransport } from './registry-access.ts';
import type { PerformedRun } from './run.ts';
import { registryLoginEnvironment, SecretBook } from './secrets.ts';
import { Signer } from './signing.ts';
import type { SnapshotReader } from './snapshot-book.ts';
import { requireWhole, snapshotFile } from './snapshot-file.ts';
import { copyWorkFolder } from './work-copy.ts';

/** Everything one scenario has: its fixtures, folders, runs. Steps go through the verbs beside this file. */
export interface ScenarioRun {
  readonly context: RunContext;
  readonly identity: ScenarioIdentity;
  readonly subject: Subject;
  readonly folders: ScenarioFolders;
  /** Where its runs are stored. */
  readonly storedFolder: string;
  readonly transport: Transport;
  readonly registry: RegistryClient;
  readonly keys: KeyRing;
  /** What must not be in anything that is kept. */
  readonly secrets: SecretBook;
  readonly images: ImageShelf;
  readonly signer: Signer;
  readonly values: KnownValues;
  /** Loaded when somebody compares: most runs that are no feature never do. */
  readonly snapshots: () => Promise<SnapshotReader>;
  /** The transparency log, and the door before it where it was told to fail. */
  readonly log: { readonly client: RekorClient; door: LogDoor | undefined };
  /** Base address of the policy API, with the scenario's prefix. */
  readonly policyApiUrl: string;
  /** Lines set by steps; they win over the usual environment. */
  readonly environment: Map<string, string>;
  /** What every validator gets; a step may have it replaced. */
  usualEnvironment: Readonly<Record<string, string>>;
  readonly runs: PerformedRun[];
  /** Runs that no step looks at; they are judged all the same. */
  readonly runsBesides: PerformedRun[];
  readonly resources: ResourceStack;
}

function snapshotsOf(file: string): ScenarioRun['snapshots'] {
  requireWhole(file);
  let reader: Promise<SnapshotReader> | undefined;
  return async () => await (reader ??= import('./snapshot-book.ts').then(({ SnapshotReader }) => new SnapshotReader(file)));
}

/**
 * Makes the folders and clients of a scenario; disposing `resources` removes what must not outlive it.
 * @throws StampedeError SNAPSHOT_FILE_CORRUPT
 */
export async function openScenario(context: RunContext, identity: ScenarioIdentity, subject: Subject): Promise<ScenarioRun> {
  const snapshots = snapshotsOf(snapshotFile(context.snapshotsFolder, identity.feature));
  const resources = new ResourceStack();
  try {
    const folders = scenarioFolders(join(context.sessionFolder, 'scenarios', identity.id));
    if (!context.keep) resources.defer('folders', async () => await rm(folders.root, { recursive: true, force: true }));
    await makeFolders(folders, context);
    const storedFolder = await makeStoredFolder(context, identity);
    const clients = await openClients(context, identity, { folders, resources });
    clients.values.setForSnapshots('TEMP', folders.temporary);
    const kubeconfig = join(folders.root, 'kubeconfig');
    await writeFile(kubeconfig, kubeconfigFor({ server: clients.policyApiUrl, namespace: policyNamespace }), { mode: 0o600 });
    const runs: PerformedRun[] = [];
    const runsBesides: PerformedRun[] = [];
    resources.defer('histories', () => [...runs, ...runsBesides].forEach(({ recorder }) => recorder.close()));
    const usualEnvironment = { ...validatorEnvironment(context, folders, kubeconfig), ...(await registryLoginEnvironment(context.addresses, folders.root, registryHost)) };
    return { context, identity, subject, folders, storedFolder, ...clients, snapshots, environment: new Map(), usualEnvironment, runs, runsBesides, resources };
  } catch (error) {
    await resources[Symbol.asyncDispose]();
    throw error;
  }
}

type Clients = Pick<ScenarioRun, 'transport' | 'registry' | 'keys' | 'secrets' | 'images' | 'signer' | 'values' | 'log' | 'policyApiUrl'>;

async function openClients(context: RunContext, identity: ScenarioIdentity, { folders, resources }: Pick<ScenarioRun, 'folders' | 'resources'>): Promise<Clients> {
  const transport = resources.own('connections', await openTransport(context.addresses));
  const registry = createRegistryClient({ baseUrl: context.addresses.registryUrl, transport, ...loginTo(context.addresses, transport) });
  const rekor = createRekorClient({ url: context.addresses.rekorUrl, transport });
  const secrets = new SecretBook(context.addresses);
  const keys = new KeyRing(folders.keys, secrets);
  return {
    transport,
    registry,
    keys,
    secrets,
    images: new ImageShelf({ registry, host: registryHost, prefix: identity.id }),
    signer: new Signer({ registry, rekor }),
    log: { client: rekor, door: undefined },
    values: new KnownValues({ registry, keys, prefix: identity.id, fixed: fixedValues(context, identity, folders) }),
    policyApiUrl: `${context.addresses.policyApiUrl}/${identity.id}`,
  };
}

function fixedValues(context: RunContext, identity: ScenarioIdentity, folders: ScenarioFolders): Readonly<Record<string, string>> {
  const pass = readRegistryPass(context.addresses.registrySecrets);
  return {
    TMPDIR: folders.root,
    REGISTRY: `${registryHost}/${identity.id}`,
    GITHOST: gitHost(context, identity.id),
    REKOR: context.addresses.rekorUrl,
    ...(pass === undefined ? {} : { REGISTRY_USERNAME: pass.username, REGISTRY_PASSWORD: pass.password }),
    ...usualValues(wallClock()),
  };
}

async function makeStoredFolder(context: RunContext, identity: ScenarioIdentity): Promise<string> {
  const folder = join(context.runFolder, identity.id);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'scenario.json'), `${JSON.stringify(identity, null, 2)}\n`);
  return folder;
}

async function makeFolders(folders: ScenarioFolders, { workFolder }: RunContext): Promise<void> {
  for (const folder of [folders.home, folders.temporary, folders.keys]) await mkdir(folder, { recursive: true, mode: 0o700 });
  await copyWorkFolder(workFolder, folders.work);
}

/** Adds a line to a file of the stored scenario; several processes may append to different files at once. */
export async function appendToStored({ storedFolder }: ScenarioRun, file: string, value: unknown): Promise<void> {
  await appendFile(join(storedFolder, file), `${JSON.stringify(value)}\n`);
}
