// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import * as z from 'zod';
import { StampedeError } from './foundation/errors.ts';
import type { StageAddresses } from './stage/service.ts';

const folder = z.string().min(1).transform((path) => resolve(path));
const yes = z.union([z.boolean(), z.stringbool()]);
/** Build services set CI to `true`, `1` or their own name. */
const present = z.preprocess((value) => !['', '0', 'false', false].includes(value as string | boolean), z.boolean());

const settingsSchema = z.strictObject({
  stage: z.enum(['embedded', 'containers', 'external']).default('embedded'),
  composeFile: folder.optional(),
  /** Of services that run already: `--stage external`. */
  registryUrl: z.string().min(1).optional(),
  rekorUrl: z.string().min(1).optional(),
  gitUrl: z.string().min(1).optional(),
  gitCertificate: folder.optional(),
  /** A name, or the path of a file. */
  subject: z.string().min(1).transform((given) => (/[./\\]/.test(given) ? resolve(given) : given)).default('reference'),
  binary: folder.optional(),
  features: folder.optional(),
  examples: folder.optional(),
  snapshots: folder.optional(),
  cwd: folder.optional(),
  runs: folder.optional(),
  seed: z.string().min(1).optional(),
  /** Milliseconds that one validator may take; absent: as its subject says. */
  deadline: z.coerce.number().int().min(100).max(3_600_000).optional(),
  outputLimit: z.coerce.number().int().min(1024).default(16 * 1024 * 1024),
  gateTimeout: z.coerce.number().int().min(10).max(600_000).default(15_000),
  /** Absent: as the subject says. */
  unknownVariables: z.enum(['error', 'empty']).optional(),
  updateSnapshots: yes.default(false),
  ci: present.default(false),
  keep: yes.default(false),
  /** The program conftest; absent: the one on the PATH. */
  conftest: folder.optional(),
  /** How many times at once each command of a feature runs; absent: once, alone. */
  amplify: z.coerce.number().int().min(2).max(64).optional(),
  /** A known bug for the validator that comes with the project, which then is a test build. */
  plantedBug: z.string().min(1).optional(),
});

/** What a run of the features can be told, by flag or by environment variable. Paths are absolute. */
export type Settings = z.output<typeof settingsSchema>;
export type SettingName = keyof Settings;

/** Flag values as given; the names are those of the settings. */
export type GivenSettings = Partial<Record<SettingName, string | boolean>>;

const variables: Readonly<Record<SettingName, string>> = {
  stage: 'STAMPEDE_STAGE',
  composeFile: 'STAMPEDE_COMPOSE_FILE',
  registryUrl: 'STAMPEDE_REGISTRY_URL',
  rekorUrl: 'STAMPEDE_REKOR_URL',
  gitUrl: 'STAMPEDE_GIT_URL',
  gitCertificate: 'STAMPEDE_GIT_CERTIFICATE',
  subject: 'STAMPEDE_SUBJECT',
  binary: 'STAMPEDE_BINARY',
  features: 'STAMPEDE_FEATURES',
  examples: 'STAMPEDE_EXAMPLES',
  snapshots: 'STAMPEDE_SNAPSHOTS',
  cwd: 'STAMPEDE_CWD',
  runs: 'STAMPEDE_RUNS',
  seed: 'STAMPEDE_SEED',
  deadline: 'STAMPEDE_DEADLINE',
  outputLimit: 'STAMPEDE_OUTPUT_LIMIT',
  gateTimeout: 'STAMPEDE_GATE_TIMEOUT',
  unknownVariables: 'STAMPEDE_UNKNOWN_VARIABLES',
  updateSnapshots: 'STAMPEDE_UPDATE_SNAPSHOTS',
  ci: 'CI',
  keep: 'STAMPEDE_KEEP',
  conftest: 'STAMPEDE_CONFTEST',
  amplify: 'STAMPEDE_AMPLIFY',
  plantedBug: 'STAMPEDE_PLANTED_BUG',
};

/** Name of the variable that carries the run's context from the command to Cucumber's workers. */
const contextVariable = 'STAMPEDE_RUN_CONTEXT';

/**
 * Flags win over environment variables, which win over defaults.
 * @throws StampedeError CONFIG_INVALID naming every problem at once, by flag and variable.
 */
export function readSettings(flags: GivenSettings, environment: NodeJS.ProcessEnv = process.env): Settings {
  const given: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(variables)) {
    const value = flags[name as SettingName] ?? environment[variable];
    if (value !== undefined && value !== '') given[name] = value;
  }
  const parsed = settingsSchema.safeParse(given);
  if (parsed.success) return Object.freeze(parsed.data);
  const problems = parsed.error.issues.map(({ path, message }) => {
    const name = String(path[0]) as SettingName;
    return `  --${kebab(name)} (or ${variables[name]}): ${message}`;
  });
  throw new StampedeError('CONFIG_INVALID', `the settings don't hold together:\n${problems.join('\n')}`, {
    hint: 'npm run acceptance -- --help lists them',
  });
}

/** `updateSnapshots` as `update-snapshots`. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** How missing and changed snapshots are treated. */
export type SnapshotMode = 'none' | 'new' | 'all';

/** Everything a Cucumber worker must know; plain data, decided once by the command. */
export interface RunContext {
  readonly runId: string;
  readonly seed: string;
  readonly subject: string;
  /** Program and leading arguments of the validator. */
  readonly validator: readonly string[];
  readonly featuresFolder: string;
  readonly examplesFolder: string;
  readonly snapshotsFolder: string;
  /** Copied per scenario as the validator's working directory; undefined: an empty folder. */
  readonly workFolder: { readonly folder: string; readonly leftOut: readonly string[] } | undefined;
  /** Where stored runs of this session go, one folder a scenario. */
  readonly runFolder: string;
  readonly sessionFolder: string;
  readonly ledgerFile: string;
  readonly addresses: StageAddresses;
  readonly snapshotMode: SnapshotMode;
  readonly deadlineMs: number | undefined;
  readonly outputLimitBytes: number;
  readonly gateTimeoutMs: number;
  readonly unknownVariables: 'error' | 'empty';
  /** Folders of scenarios are left for a person to look at. */
  readonly keep: boolean;
  /** Of steps that run conftest; undefined: whichever is on the PATH. */
  readonly conftest: string | undefined;
  /** How many times at once each command of a feature runs besides; undefined: it does not. */
  readonly amplify: number | undefined;
  /** What validators are told to do wrong; undefined: nothing, and they could not. */
  readonly plantedBug: string | undefined;
  /** By `machineMs`: after it no scenario is begun; undefined: there is no end to time. */
  readonly endsAtMs?: number | undefined;
}

/** Hands the context to this process and to the workers that it forks. */
export function publishRunContext(context: RunContext): void {
  process.env[contextVariable] = JSON.stringify(context);
}

/** @throws StampedeError STAGE_MISSING when Cucumber was started by itself. */
export function readRunContext(environment: NodeJS.ProcessEnv = process.env): RunContext {
  const text = environment[contextVariable];
  if (text === undefined) {
    throw new StampedeError('STAGE_MISSING', 'no stage is up: Cucumber was started by itself', {
      hint: 'npm run acceptance -- [feature[:line]] [--tags ...]',
    });
  }
  return JSON.parse(text) as RunContext;
}

/** The folders that programs are looked for in: the one thing that validators inherit. */
export function searchPath(): string {
  return process.env['PATH'] ?? '';
}

/** What tells how a registry is spoken to from here: who asks (`docker login`), which certificates are trusted, and which proxies lead there. */
export function registryEnvironment(environment: NodeJS.ProcessEnv = process.env): Readonly<Record<string, string | undefined>> {
  const names = ['HOME', 'DOCKER_CONFIG', 'SSL_CERT_FILE', ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()])];
  return Object.fromEntries(names.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])));
}

/** Where the user says the container engine is. */
export function engineAddress(environment: NodeJS.ProcessEnv = process.env): { readonly host: string | undefined } {
  const host = environment['DOCKER_HOST'];
  return { host: host === '' ? undefined : host };
}

/**
 * Testcontainers is told what it would otherwise find out by pulling images: that ports are on loopback, and whether its
 * own reaper can be had. What the user has set stays as it is.
 */
export function settleEngineEnvironment(settled: { readonly hasReaperImage?: boolean } = {}, environment: NodeJS.ProcessEnv = process.env): void {
  environment['TESTCONTAINERS_HOST_OVERRIDE'] ||= '127.0.0.1';
  if (settled.hasReaperImage !== undefined) environment['TESTCONTAINERS_RYUK_DISABLED'] ||= String(!settled.hasReaperImage);
}

/** The image of testcontainers' own reaper. https://github.com/testcontainers/moby-ryuk */
export function reaperImage(environment: NodeJS.ProcessEnv = process.env): string {
  return environment['RYUK_CONTAINER_IMAGE'] || 'testcontainers/ryuk:0.14.0';
}

/** For `go install` into a folder: what the user has set for Go stays, and versions of this project are no part of what is built. */
export function goEnvironment(into: string, environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...environment, GOBIN: into, GOFLAGS: `${environment['GOFLAGS'] ?? ''} -buildvcs=false`.trim() };
}
