// SPDX-License-Identifier: Apache-2.0
import { isAbsolute, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { kebab, readSettings, type GivenSettings, type Settings } from '../config.ts';
import { Budget } from '../foundation/budget.ts';
import { shardOf, type Shard } from '../foundation/command-words.ts';
import { StampedeError } from '../foundation/errors.ts';
import { shellQuoted } from '../scenario/command-line.ts';

/** Which scenarios run, in which order, on how many workers: handed to Cucumber. */
export interface Selection {
  /** Feature files, `file:line`, or none for all. */
  readonly paths: readonly string[];
  readonly tags: string;
  readonly names: readonly string[];
  readonly order: string;
  /** Undefined: all of it is for this machine. */
  readonly shard: Shard | undefined;
  readonly parallel: number;
  readonly failFast: boolean;
  readonly dryRun: boolean;
}

export interface AcceptanceOptions {
  readonly help: boolean;
  readonly settings: Settings;
  readonly selection: Selection;
  readonly budget: Budget;
}

export const acceptanceUsage = `npm run acceptance -- [feature[:line] ...] [options]

which scenarios
  --tags EXPRESSION      such as "@cold and not @slow"; repeatable, all must hold
  --name PATTERN         scenarios whose name matches; repeatable
  --order random[:SEED]  the seed is printed; default: as written
  --shard I/N            the I-th of N parts: all parts together are the whole, and no scenario is in two
  --budget TIME          such as 20m: after it no scenario is begun; what was not is told, and the status is 3 unless something is broken
  --parallel N           worker processes
  --fail-fast            stop at the first failure
  --dry-run              only check that every step is known

which stage
  --stage NAME           embedded (default): services in this process; containers: real ones, in an engine
  --compose-file FILE    what the containers are; default: docker-compose.yml
                         external: services that run already, on loopback, at
  --registry-url URL  --rekor-url URL  --git-url URL  --git-certificate FILE

which validator
  --subject NAME|FILE    reference (default), ec, or a subject file of your own
  --binary PATH          the validator's program, where the subject needs one
  --deadline MS          after which a validator is ended
  --planted-bug NAME     a known bug in the reference validator (npm run reference -- --list-planted-bugs)
  --conftest PATH        for steps that run conftest; default: the one on the PATH

where things are
  --features DIR  --examples DIR  --snapshots DIR   kept elsewhere
  --cwd DIR              copied for each scenario as the validator's working directory,
                         without .git and node_modules; unless said, the folder --features is in
  --runs DIR             where plans, histories and outputs are stored; default: runs

how
  --amplify N            each "ec command is run with" besides N times at once on one shared cold cache: held by what
                         it says alone, without a cache
  --update-snapshots     write changed snapshots, remove obsolete ones
  --ci                   a missing snapshot is a failure (also when CI is set)
  --keep                 leave the stage up at the end, until Ctrl-C
  --seed SEED            default: a fresh one, printed
  --gate-timeout MS  --output-limit BYTES  --unknown-variables error|empty

Each setting can be given as STAMPEDE_<NAME> in the environment, too.
exit status: 0 held, 1 broken, 2 usage, 3 unknown, 4 harness failure
`;

const settingFlags = {
  stage: 'string',
  composeFile: 'string',
  registryUrl: 'string',
  rekorUrl: 'string',
  gitUrl: 'string',
  gitCertificate: 'string',
  subject: 'string',
  binary: 'string',
  features: 'string',
  examples: 'string',
  snapshots: 'string',
  cwd: 'string',
  runs: 'string',
  seed: 'string',
  deadline: 'string',
  outputLimit: 'string',
  gateTimeout: 'string',
  unknownVariables: 'string',
  updateSnapshots: 'boolean',
  ci: 'boolean',
  keep: 'boolean',
  conftest: 'string',
  amplify: 'string',
  plantedBug: 'string',
} as const satisfies Record<keyof Settings, 'string' | 'boolean'>;

/** @throws StampedeError CONFIG_INVALID */
export function parseAcceptance(argv: readonly string[], environment: NodeJS.ProcessEnv): AcceptanceOptions {
  const { values, positionals } = parse(argv);
  const flags: GivenSettings = {};
  for (const name of Object.keys(settingFlags) as (keyof Settings)[]) {
    const value = values[kebab(name)];
    if (typeof value === 'string' || typeof value === 'boolean') flags[name] = value;
  }
  const selection: Selection = {
    paths: positionals,
    tags: list(values['tags']).map((tag) => `(${tag})`).join(' and '),
    names: list(values['name']),
    order: text(values['order'], 'defined', /^(defined|random(:.+)?)$/, '--order is "defined", "random" or "random:SEED"'),
    shard: typeof values['shard'] === 'string' ? shardOf(values['shard']) : undefined,
    parallel: Number(text(values['parallel'], '0', /^\d{1,3}$/, '--parallel is a number of workers')),
    failFast: values['fail-fast'] === true,
    dryRun: values['dry-run'] === true,
  };
  const settings = readSettings(flags, environment);
  if (settings.updateSnapshots && (settings.amplify !== undefined || settings.plantedBug !== undefined)) {
    throw invalid('snapshots are of a validator without a planted bug, run once: leave out --update-snapshots, or --amplify and --planted-bug');
  }
  return { help: values['help'] === true, settings, selection, budget: new Budget(typeof values['budget'] === 'string' ? values['budget'] : undefined) };
}

/** What a person types to run one scenario again with these settings. Paths are relative where that is shorter. */
export function againCommand(settings: Settings, directory: string): string {
  const kept = (['stage', 'composeFile', 'registryUrl', 'rekorUrl', 'gitUrl', 'gitCertificate', 'subject', 'binary', 'features', 'examples', 'snapshots', 'cwd', 'runs', 'deadline', 'gateTimeout', 'unknownVariables', 'conftest', 'amplify', 'plantedBug'] as const).flatMap((name) => {
    const value = settings[name];
    if (value === undefined || value === defaults[name]) return [];
    const text = String(value);
    return [`--${kebab(name)}`, isAbsolute(text) ? shorter(text, directory) : text];
  });
  return shellQuoted(['npm', 'run', 'acceptance', '--', ...kept]);
}

const defaults: Partial<Settings> = readSettings({}, {});

function shorter(path: string, directory: string): string {
  const short = relative(directory, path);
  return short.length < path.length && short !== '' ? short : path;
}

function parse(argv: readonly string[]): { values: Record<string, unknown>; positionals: string[] } {
  const settings = Object.entries(settingFlags).map(([name, type]) => [kebab(name), { type }] as const);
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        ...Object.fromEntries(settings),
        tags: { type: 'string', multiple: true, short: 't' },
        name: { type: 'string', multiple: true },
        order: { type: 'string' },
        shard: { type: 'string' },
        budget: { type: 'string' },
        parallel: { type: 'string' },
        'fail-fast': { type: 'boolean' },
        'dry-run': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return { values, positionals };
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : String(cause));
  }
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function text(value: unknown, fallback: string, form: RegExp, problem: string): string {
  if (typeof value !== 'string') return fallback;
  if (!form.test(value)) throw invalid(`${problem}, not ${JSON.stringify(value)}`);
  return value;
}

function invalid(message: string): StampedeError {
  return new StampedeError('CONFIG_INVALID', message, { hint: 'npm run acceptance -- --help lists the options' });
}
