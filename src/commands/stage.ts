// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readSettings, type Settings } from '../config.ts';
import { monotonicMs } from '../foundation/clock.ts';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import { ResourceStack } from '../foundation/resources.ts';
import { root } from '../foundation/root.ts';
import { describeStage, environmentFor } from '../stage/describe.ts';
import { kubeconfigFor } from '../stage/kubeconfig.ts';
import { openSession, sweepSessions } from '../stage/session.ts';
import type { ServiceName } from '../stage/service.ts';
import { ownStage, serviceNames } from '../stage/stage.ts';
import { endLeftovers } from '../validator/leftovers.ts';
import { onInterruption } from './interrupt.ts';
import { openLauncher } from './stage-launcher.ts';
import { endOnLoss } from './stage-loss.ts';

const usage = `npm run stage -- [--stage embedded|containers] [--port SERVICE=NUMBER ...]

Starts a registry, a Rekor log, a git host and a policy API on loopback, prints their addresses and the environment
for a validator, and stops them at Ctrl-C.

  --stage NAME            embedded (default): in this process; containers: real ones, in an engine
  --compose-file FILE     what the containers are; default: docker-compose.yml
  --json                  one line of JSON once everything is up: addresses, environment, kubeconfig, durationMs
  --data DIR              the services go on with what they had there before, and leave it there (embedded; the policy API forgets)
  --port SERVICE=NUMBER   a fixed port for ${serviceNames.join(', ')}; default: free ones
`;

const options = {
  stage: { type: 'string' },
  'compose-file': { type: 'string' },
  port: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  data: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Starts the stage for a person at a prompt; ends with 128 and its number at a signal. */
export async function stageCommand(argv: readonly string[]): Promise<number> {
  const { help, ports, settings, isJson, data } = parse(argv);
  if (help) {
    process.stdout.write(usage);
    return ExitStatus.held;
  }
  const resources = new ResourceStack();
  onInterruption(async () => {
    if (!isJson) process.stdout.write('\nstopping\n');
    await resources[Symbol.asyncDispose]();
  });
  try {
    await sweepSessions({ endLeftovers });
    const session = resources.own('session', await openSession());
    const startedAt = monotonicMs();
    // In a line for programs nobody else has a word.
    const say = (line: string): void => void (isJson ? process.stderr : process.stdout).write(`${line}\n`);
    const launcher = await openLauncher({ settings, root, resources, say });
    const onLost = endOnLoss({ line: say }, resources);
    const stage = await ownStage(resources, { launcher, directory: data ?? join(session.directory, 'stage'), isKept: data !== undefined, ports, onLost });
    const kubeconfig = join(session.directory, 'kubeconfig');
    await writeFile(kubeconfig, kubeconfigFor({ server: stage.addresses.policyApiUrl, namespace: 'acceptance' }), { mode: 0o600 });
    const durationMs = Math.round(monotonicMs() - startedAt);
    const line = { addresses: stage.addresses, environment: environmentFor(stage.addresses, kubeconfig), kubeconfig, durationMs };
    process.stdout.write(isJson ? `${JSON.stringify(line)}\n` : `${describeStage(stage.addresses, kubeconfig)}\nup in ${durationMs} ms; Ctrl-C stops it\n`);
  } catch (error) {
    await resources[Symbol.asyncDispose]();
    throw error;
  }
  // The services keep the process alive until a signal ends it.
  return await new Promise<never>(() => undefined);
}

interface Parsed {
  readonly help: boolean;
  readonly ports: Partial<Record<ServiceName, number>>;
  readonly settings: Settings;
  readonly isJson: boolean;
  readonly data: string | undefined;
}

function parse(argv: readonly string[]): Parsed {
  try {
    const { values } = parseArgs({ args: [...argv], options });
    const given = Object.entries({ stage: values.stage, composeFile: values['compose-file'] }).filter(([, value]) => value !== undefined);
    const settings = readSettings(Object.fromEntries(given));
    if (values.data !== undefined && settings.stage !== 'embedded') throw new Error('--data is for the embedded stage');
    const told = { isJson: values.json === true, data: values.data === undefined ? undefined : resolve(values.data) };
    return { ...told, help: values.help === true, ports: Object.fromEntries((values.port ?? []).map(portOf)), settings };
  } catch (cause) {
    if (cause instanceof StampedeError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new StampedeError('CONFIG_INVALID', message, { hint: 'npm run stage -- --help' });
  }
}

function portOf(text: string): readonly [string, number] {
  const [service = '', port = ''] = text.split('=');
  const isService = serviceNames.some((name) => name === service);
  if (isService && /^\d{1,5}$/.test(port) && Number(port) <= 65535) return [service, Number(port)];
  throw new Error(`--port is SERVICE=NUMBER, such as registry=5000, not ${text}`);
}
