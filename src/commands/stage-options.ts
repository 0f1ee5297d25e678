// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readSettings, type Settings } from '../config.ts';
import { StampedeError } from '../foundation/errors.ts';
import type { ServiceName } from '../stage/service.ts';
import { serviceNames } from '../stage/stage.ts';

export const stageUsage = `npm run stage -- [--only SERVICE,...] [--seed FILE] [--stage embedded|containers] [--port SERVICE=NUMBER ...]

Starts a registry, a Rekor log, a git host and a policy API on loopback, prints their addresses and the environment
for a validator, and stops them at Ctrl-C.

  --only SERVICE,...      these alone, of ${serviceNames.join(', ')}: --only registry
  --seed FILE             fills them with images, keys, signatures, attestations, repositories and policies:
                          schemas/seed.schema.json says how, examples/seed.json is one
  --stage NAME            embedded (default): in this process; containers: real ones, in an engine
  --compose-file FILE     what the containers are; default: docker-compose.yml
  --json                  one line of JSON once everything is up: addresses, environment, kubeconfig, seeded, durationMs
  --data DIR              the services go on with what they had there before, and leave it there (embedded; the policy API forgets)
  --port SERVICE=NUMBER   a fixed port; default: free ones
`;

const options = {
  stage: { type: 'string' },
  'compose-file': { type: 'string' },
  only: { type: 'string', multiple: true },
  seed: { type: 'string' },
  port: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  data: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

export interface StageRequest {
  readonly help: boolean;
  readonly ports: Partial<Record<ServiceName, number>>;
  readonly settings: Settings;
  readonly isJson: boolean;
  /** Absolute. */
  readonly data: string | undefined;
  /** What is to be started, in the stage's own order. */
  readonly services: readonly ServiceName[];
  /** Path of a file. */
  readonly seed: string | undefined;
}

/** @throws StampedeError CONFIG_INVALID */
export function parseStageRequest(argv: readonly string[]): StageRequest {
  try {
    const { values } = parseArgs({ args: [...argv], options });
    const given = Object.entries({ stage: values.stage, composeFile: values['compose-file'] }).filter(([, value]) => value !== undefined);
    const settings = readSettings(Object.fromEntries(given));
    if (values.data !== undefined && settings.stage !== 'embedded') throw new Error('--data is for the embedded stage');
    const services = servicesIn(values.only);
    const ports = Object.fromEntries((values.port ?? []).map(portOf));
    const unused = Object.keys(ports).find((name) => !services.some((service) => service === name));
    if (unused !== undefined) throw new Error(`--port ${unused} is for a service that --only leaves out`);
    return { help: values.help === true, isJson: values.json === true, data: values.data === undefined ? undefined : resolve(values.data), services, ports, settings, seed: values.seed };
  } catch (cause) {
    if (cause instanceof StampedeError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new StampedeError('CONFIG_INVALID', message, { hint: 'npm run stage -- --help' });
  }
}

/** By commas or by several flags. */
function servicesIn(only: readonly string[] | undefined): readonly ServiceName[] {
  if (only === undefined) return serviceNames;
  const wanted = only.flatMap((words) => words.split(',').map((word) => word.trim()));
  const stranger = wanted.find((word) => !serviceNames.some((name) => name === word));
  if (stranger !== undefined) throw new Error(`--only names services, of ${serviceNames.join(', ')}, not ${JSON.stringify(stranger)}`);
  return serviceNames.filter((name) => wanted.includes(name));
}

function portOf(text: string): readonly [string, number] {
  const [service = '', port = ''] = text.split('=');
  const isService = serviceNames.some((name) => name === service);
  if (isService && /^\d{1,5}$/.test(port) && Number(port) <= 65535) return [service, Number(port)];
  throw new Error(`--port is SERVICE=NUMBER, such as registry=5000, not ${text}`);
}
