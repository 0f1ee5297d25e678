// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monotonicMs } from '../foundation/clock.ts';
import { ExitStatus } from '../foundation/errors.ts';
import { ResourceStack } from '../foundation/resources.ts';
import { root } from '../foundation/root.ts';
import type { Sown } from '../seeding/sow.ts';
import type { Seed } from '../seeding/seed-file.ts';
import { describeStage, environmentFor } from '../stage/describe.ts';
import { kubeconfigFor } from '../stage/kubeconfig.ts';
import { openSession, sweepSessions } from '../stage/session.ts';
import { ownServices, type SomeAddresses } from '../stage/stage.ts';
import { endLeftovers } from '../validator/leftovers.ts';
import { onInterruption } from './interrupt.ts';
import { openLauncher } from './stage-launcher.ts';
import { endOnLoss } from './stage-loss.ts';
import { parseStageRequest, stageUsage, type StageRequest } from './stage-options.ts';

/** Starts the stage for a person at a prompt; ends with 128 and its number at a signal. */
export async function stageCommand(argv: readonly string[]): Promise<number> {
  const request = parseStageRequest(argv);
  if (request.help) {
    process.stdout.write(stageUsage);
    return ExitStatus.held;
  }
  // Everything that may be wrong with it is found before anything starts. Whoever sows nothing waits for none of its libraries.
  const seed = request.seed === undefined ? undefined : await (await import('../seeding/check-seed.ts')).readSeed(request.seed, request.services);
  const resources = new ResourceStack();
  onInterruption(async () => {
    if (!request.isJson) process.stdout.write('\nstopping\n');
    await resources[Symbol.asyncDispose]();
  });
  try {
    await show(request, seed, resources);
  } catch (error) {
    await resources[Symbol.asyncDispose]();
    throw error;
  }
  // The services keep the process alive until a signal ends it.
  return await new Promise<never>(() => undefined);
}

async function show({ settings, services, ports, data, isJson }: StageRequest, seed: Seed | undefined, resources: ResourceStack): Promise<void> {
  await sweepSessions({ endLeftovers });
  const { directory } = resources.own('session', await openSession());
  const startedAt = monotonicMs();
  // In a line for programs nobody else has a word.
  const say = (line: string): void => void (isJson ? process.stderr : process.stdout).write(`${line}\n`);
  const launcher = await openLauncher({ settings, root, resources, say });
  const onLost = endOnLoss({ line: say }, resources);
  const { addresses } = await ownServices(resources, { launcher, only: services, directory: data ?? join(directory, 'stage'), isKept: data !== undefined, ports, onLost });
  const kubeconfig = await kubeconfigIn(directory, addresses);
  const durationMs = Math.round(monotonicMs() - startedAt);
  const sown = seed === undefined ? undefined : await (await import('../seeding/sow.ts')).sow(seed, { addresses, keysFolder: join(data ?? directory, 'keys') });
  const line = { addresses, environment: environmentFor(addresses, kubeconfig), kubeconfig, ...(sown === undefined ? {} : { seeded: sown }), durationMs };
  process.stdout.write(isJson ? `${JSON.stringify(line)}\n` : `${describeStage(addresses, kubeconfig)}\n${sown === undefined ? '' : `${describeSown(sown)}\n`}up in ${durationMs} ms; Ctrl-C stops it\n`);
}

/** Undefined where there is no policy API to find. */
async function kubeconfigIn(directory: string, { policyApiUrl }: SomeAddresses): Promise<string | undefined> {
  if (policyApiUrl === undefined) return undefined;
  const file = join(directory, 'kubeconfig');
  await writeFile(file, kubeconfigFor({ server: policyApiUrl, namespace: 'acceptance' }), { mode: 0o600 });
  return file;
}

function describeSown({ keys, images, repositories, policies }: Sown): string {
  const attached = (word: string, tag: string | undefined): string => (tag === undefined ? '' : `, ${word}`);
  return [
    'what is on it',
    ...keys.map(({ name, publicKeyFile, privateKeyFile }) => `  key          ${name}     ${publicKeyFile}  ${privateKeyFile} (COSIGN_PASSWORD=)`),
    ...images.map(({ name, reference, signatureTag, attestationTag }) => `  image        ${name}     ${reference}${attached('signed', signatureTag)}${attached('attested', attestationTag)}`),
    ...repositories.map(({ url, commit }) => `  repository   ${url}     ${commit}`),
    ...policies.map(({ kind, namespace, name }) => `  policy       ${kind} ${namespace}/${name}`),
    '',
  ].join('\n');
}
