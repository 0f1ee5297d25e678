// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { StampedeError } from '../foundation/errors.ts';

/** How an image is made here, where it can't be pulled. */
export interface BuildDefinition {
  /** Absolute folder. */
  readonly context: string;
  readonly dockerfile: string;
  readonly arguments: Readonly<Record<string, string>>;
}

/** What the compose file says about one container, every `${NAME:-default}` filled in. */
export interface ContainerDefinition {
  readonly service: string;
  readonly image: string;
  readonly build: BuildDefinition | undefined;
  readonly command: readonly string[] | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** `host` 0 is a free one; all of them are on loopback. */
  readonly ports: readonly { readonly container: number; readonly host: number }[];
  readonly dependsOn: readonly string[];
  readonly health: { readonly test: readonly string[]; readonly intervalMs: number; readonly timeoutMs: number; readonly retries: number };
}

export interface ComposeFile {
  readonly path: string;
  readonly definitions: readonly ContainerDefinition[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const publishedPort = /^127\.0\.0\.1:(\d{0,5}):(\d{1,5})$/;
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const duration = z.string().regex(/^\d+(ms|s)$/, 'is a number with s or ms').transform((value) => Number.parseInt(value, 10) * (value.endsWith('ms') ? 1 : 1000));
const serviceSchema = z.strictObject({
  image: z.string().min(1),
  build: z.strictObject({ context: z.string().min(1), dockerfile: z.string().min(1), args: z.record(z.string(), text).default({}) }).optional(),
  command: z.array(text).optional(),
  environment: z.record(z.string(), text).default({}),
  ports: z.array(z.string().regex(publishedPort, 'is "127.0.0.1:[PORT]:PORT": nothing may listen beyond loopback')).default([]),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })).default({}),
  healthcheck: z.strictObject({
    test: z.tuple([z.literal('CMD')], z.string()),
    interval: duration,
    timeout: duration,
    retries: z.int().positive(),
  }),
});
const fileSchema = z.strictObject({ services: z.record(z.string().regex(/^[a-z][a-z0-9-]*$/), serviceSchema) });

/**
 * Reads the compose file: the part of its language in which this project's is written, and nothing beyond it.
 * https://github.com/compose-spec/compose-spec/blob/main/spec.md
 * @throws StampedeError COMPOSE_FILE_INVALID naming every problem by its place
 */
export function readComposeFile(path: string, environment: Environment): ComposeFile {
  const parsed = fileSchema.safeParse(documentOf(path, environment));
  if (!parsed.success) throw invalid(path, parsed.error.issues.map(({ path: place, message }) => `${place.join('.')}: ${message}`));
  const definitions = Object.entries(parsed.data.services).map(([service, given]) => definitionOf(service, given, dirname(path)));
  const problems = definitions.flatMap(({ service, dependsOn }) =>
    dependsOn.filter((name) => !definitions.some((other) => other.service === name)).map((name) => `services.${service}.depends_on: no service is named ${name}`),
  );
  if (problems.length > 0) throw invalid(path, problems);
  const file = { path, definitions };
  for (const { service } of definitions) withDependencies(file, service);
  return file;
}

/**
 * A service and everything that it needs, dependencies first.
 * @throws StampedeError COMPOSE_FILE_INVALID where the service is missing or needs itself
 */
export function withDependencies({ path, definitions }: ComposeFile, service: string, above: readonly string[] = []): readonly ContainerDefinition[] {
  const definition = definitions.find((candidate) => candidate.service === service);
  if (definition === undefined) throw invalid(path, [`services: no service is named ${service}`]);
  if (above.includes(service)) throw invalid(path, [`services.${service}.depends_on: needs itself: ${[...above, service].join(' > ')}`]);
  const needed = definition.dependsOn.flatMap((name) => withDependencies({ path, definitions }, name, [...above, service]));
  return [...new Set([...needed, definition])];
}

function definitionOf(service: string, given: z.output<typeof serviceSchema>, folder: string): ContainerDefinition {
  const { build, healthcheck } = given;
  const [, ...test] = healthcheck.test;
  return {
    service,
    image: given.image,
    build: build === undefined ? undefined : { context: resolve(folder, build.context), dockerfile: build.dockerfile, arguments: build.args },
    command: given.command,
    environment: given.environment,
    ports: given.ports.map((port) => {
      const [, host = '', container = ''] = publishedPort.exec(port) ?? [];
      return { host: Number(host), container: Number(container) };
    }),
    dependsOn: Object.keys(given.depends_on),
    health: { test: ['CMD', ...test], intervalMs: healthcheck.interval, timeoutMs: healthcheck.timeout, retries: healthcheck.retries },
  };
}

function documentOf(path: string, environment: Environment): unknown {
  try {
    return parse(interpolated(readFileSync(path, 'utf8'), environment));
  } catch (cause) {
    throw invalid(path, [cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)]);
  }
}

/** https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md, the form with a default only. */
function interpolated(content: string, environment: Environment): string {
  return content.replaceAll(/\$\{([A-Z_][A-Z0-9_]*):-([^}]*)\}/g, (_whole, name: string, fallback: string) => environment[name] || fallback);
}

function invalid(path: string, problems: readonly string[]): StampedeError {
  return new StampedeError('COMPOSE_FILE_INVALID', `${path} can't be used:\n${problems.map((problem) => `    ${problem}`).join('\n')}`, {
    hint: 'undo the last edit of the file, or write it as its other services are written',
  });
}
