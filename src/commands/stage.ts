// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { monotonicMs } from '../foundation/clock.ts';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import { ResourceStack } from '../foundation/resources.ts';
import { describeStage } from '../stage/describe.ts';
import { embeddedLauncher } from '../stage/embedded-launcher.ts';
import { kubeconfigFor } from '../stage/kubeconfig.ts';
import { openSession, sweepSessions } from '../stage/session.ts';
import type { ServiceName } from '../stage/service.ts';
import { ownStage, serviceNames } from '../stage/stage.ts';
import { endLeftovers } from '../validator/leftovers.ts';
import { onInterruption } from './interrupt.ts';

const usage = `npm run stage -- [--port SERVICE=NUMBER ...]

Starts the embedded registry, Rekor log, git host and policy API on loopback, prints their addresses and the
environment for a validator, and stops them at Ctrl-C.

  --port SERVICE=NUMBER   a fixed port for ${serviceNames.join(', ')}; default: free ones
`;

/** Starts the stage for a person at a prompt; ends with 130 or 143 at the signal. */
export async function stageCommand(argv: readonly string[]): Promise<number> {
  const { help, ports } = parse(argv);
  if (help) {
    process.stdout.write(usage);
    return ExitStatus.held;
  }
  const resources = new ResourceStack();
  onInterruption(async () => {
    process.stdout.write('\nstopping\n');
    await resources[Symbol.asyncDispose]();
  });
  try {
    await sweepSessions({ endLeftovers });
    const session = resources.own('session', await openSession());
    const startedAt = monotonicMs();
    const stage = await ownStage(resources, { launcher: embeddedLauncher, directory: join(session.directory, 'stage'), ports });
    const kubeconfig = join(session.directory, 'kubeconfig');
    await writeFile(kubeconfig, kubeconfigFor({ server: stage.addresses.policyApiUrl, namespace: 'acceptance' }), { mode: 0o600 });
    const durationMs = Math.round(monotonicMs() - startedAt);
    process.stdout.write(`${describeStage(stage.addresses, kubeconfig)}\nup in ${durationMs} ms; Ctrl-C stops it\n`);
  } catch (error) {
    await resources[Symbol.asyncDispose]();
    throw error;
  }
  // The services keep the process alive until a signal ends it.
  return await new Promise<never>(() => undefined);
}

function parse(argv: readonly string[]): { readonly help: boolean; readonly ports: Partial<Record<ServiceName, number>> } {
  try {
    const { values } = parseArgs({ args: [...argv], options: { port: { type: 'string', multiple: true }, help: { type: 'boolean', short: 'h' } } });
    return { help: values.help === true, ports: Object.fromEntries((values.port ?? []).map(portOf)) };
  } catch (cause) {
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
