// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunContext } from '../config.ts';
import { ResourceStack } from '../foundation/resources.ts';
import { createRegistryClient, type RegistryClient } from '../oci/registry-client.ts';
import type { Transport } from '../oci/transport.ts';
import { createRekorClient, type RekorClient } from '../sigstore/rekor-client.ts';
import { embeddedLauncher } from '../stage/embedded-launcher.ts';
import type { RegistryManners } from '../stage/registry-security.ts';
import type { StageAddresses } from '../stage/service.ts';
import { startStage } from '../stage/stage.ts';
import type { Subject } from '../validator/subject.ts';
import { identify } from './identity.ts';
import { loginTo, openTransport } from './registry-access.ts';
import { openScenario, type ScenarioRun } from './scenario-run.ts';

/** A real stage, its clients, and scenarios on it: everything is embedded, on loopback, and goes with the folder. */
export interface TestStage extends AsyncDisposable {
  readonly folder: string;
  readonly addresses: StageAddresses;
  readonly transport: Transport;
  readonly registry: RegistryClient;
  readonly rekor: RekorClient;
  /** A scenario of a name of its own, unless one is given; disposed with the stage, unless its test does. */
  open(settings?: Partial<Omit<RunContext, 'subject'>> & { readonly subject?: Subject; readonly name?: string }): Promise<ScenarioRun>;
  /** A validator: a node program with the given body, which may await. */
  program(body: string): Promise<string>;
}

/** How the programs of `program` are called: alone they get another environment variable. */
export const testSubject: Subject = {
  name: 'test',
  description: 'a small program',
  program: { kind: 'given' },
  arguments: [],
  cacheDirectory: '${XDG_CACHE_HOME}/layers',
  cacheEntries: 'by-digest',
  serialArguments: ['--serial'],
  environment: {},
  noCacheEnvironment: { CACHE: 'false' },
  door: 'forward',
  registry: { auth: 'none', tls: false },
  unknownVariables: 'error',
  deadlineMs: 20_000,
};

export async function openTestStage(manners?: RegistryManners): Promise<TestStage> {
  const resources = new ResourceStack();
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'scenario-test-')));
  resources.defer('folder', async () => await rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const { addresses } = resources.own('stage', await startStage({ launcher: embeddedLauncher, directory: join(folder, 'stage'), ...(manners === undefined ? {} : { manners }) }));
  const transport = resources.own('transport', await openTransport(addresses));
  let count = 0;
  const open: TestStage['open'] = async ({ subject = testSubject, name, ...settings } = {}) => {
    const identity = identify({ feature: 'tests', rule: undefined, name: name ?? `scenario ${(count += 1)}`, row: undefined, uri: 'tests.feature', line: 1 });
    const scenario = await openScenario({ ...contextIn(folder, addresses), subject: subject.name, ...settings }, identity, subject);
    return Object.assign(scenario, { resources: resources.own(identity.title, scenario.resources) });
  };
  const program = async (body: string): Promise<string> => {
    const file = join(await mkdtemp(join(folder, 'program-')), 'validator.mjs');
    await writeFile(file, `#!${process.execPath}\n${prelude}\n${body}\n`, { mode: 0o700 });
    return file;
  };
  for (const name of ['examples', 'snapshots', 'features', 'runs']) await mkdir(join(folder, name));
  return {
    folder,
    addresses,
    transport,
    registry: createRegistryClient({ baseUrl: addresses.registryUrl, transport, ...loginTo(addresses, transport) }),
    rekor: createRekorClient({ url: addresses.rekorUrl, transport }),
    open,
    program,
    [Symbol.asyncDispose]: async () => await resources[Symbol.asyncDispose](),
  };
}

function contextIn(folder: string, addresses: StageAddresses): RunContext {
  return {
    runId: 'run',
    seed: 'seed',
    subject: 'test',
    validator: [process.execPath, '-e', ''],
    featuresFolder: join(folder, 'features'),
    examplesFolder: join(folder, 'examples'),
    snapshotsFolder: join(folder, 'snapshots'),
    workFolder: undefined,
    runFolder: join(folder, 'runs'),
    sessionFolder: join(folder, 'session'),
    ledgerFile: join(folder, 'ledger.ndjson'),
    addresses,
    snapshotMode: 'new',
    deadlineMs: undefined,
    outputLimitBytes: 1024 * 1024,
    gateTimeoutMs: 10_000,
    unknownVariables: 'error',
    keep: false,
    conftest: undefined,
    amplify: undefined,
    plantedBug: undefined,
  };
}

/** What a validator needs to do its work: registry requests through its door, and a cache of layers. */
const prelude = `
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { gunzipSync } from 'node:zlib';
const words = process.argv.slice(2);
const references = words.filter((word) => word.startsWith('registry.local/'));
const isCached = process.env.CACHE !== 'false';
const cache = process.env.XDG_CACHE_HOME + '/layers';
const ask = (path) => new Promise((resolve, reject) => {
  const door = new URL(process.env.HTTP_PROXY);
  get({ host: door.hostname, port: door.port, path: 'http://registry.local/v2/' + path, agent: false, headers: { host: 'registry.local' } }, async (response) => {
    const chunks = [];
    for await (const chunk of response) chunks.push(chunk);
    resolve({ status: response.statusCode, bytes: Buffer.concat(chunks) });
  }).on('error', reject);
});
const manifestOf = async (reference) => {
  const repository = reference.replace('registry.local/', '');
  const { bytes } = await ask(repository + '/manifests/latest');
  const manifest = JSON.parse(bytes);
  const config = JSON.parse((await ask(repository + '/blobs/' + manifest.config.digest)).bytes);
  return { repository, manifest, layers: manifest.layers.map(({ digest }, index) => ({ digest, diffId: config.rootfs.diff_ids[index] })) };
};
const fetchLayer = async (repository, { digest }) => gunzipSync((await ask(repository + '/blobs/' + digest)).bytes);
const keep = ({ diffId }, tar) => {
  if (!isCached) return;
  mkdirSync(cache, { recursive: true });
  const temporary = cache + '/.' + process.pid + '-' + diffId;
  writeFileSync(temporary, tar);
  renameSync(temporary, cache + '/' + diffId);
};
const cached = ({ diffId }) => (isCached && existsSync(cache + '/' + diffId) ? readFileSync(cache + '/' + diffId) : undefined);
const read = async (repository, layer) => {
  const present = cached(layer);
  if (present !== undefined) return present;
  const tar = await fetchLayer(repository, layer);
  keep(layer, tar);
  return tar;
};
const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');
`;
