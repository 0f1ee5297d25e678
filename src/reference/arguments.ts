// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util';
import { StampedeError } from '../foundation/errors.ts';
import type { PruneLimits } from './cache/prune.ts';
import { parseBoolean, parseDurationMs } from './go-values.ts';

export const outputFormats = ['json', 'yaml', 'text'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** Where one form of the report goes; without a path, to the standard output. */
export interface OutputTarget {
  readonly format: OutputFormat;
  readonly path: string | undefined;
}

/** `validate image`, as it was asked for; files and references are not looked at yet. */
export interface ValidateImageOptions {
  readonly image: string | undefined;
  /** A document or the name of a file that holds one. */
  readonly images: string | undefined;
  readonly policy: string | undefined;
  readonly publicKey: string | undefined;
  readonly rekorUrl: string | undefined;
  readonly ignoreRekor: boolean;
  readonly strict: boolean;
  readonly showSuccesses: boolean;
  readonly info: boolean;
  readonly insecure: boolean;
  readonly debug: boolean;
  readonly outputs: readonly OutputTarget[];
  readonly workers: number;
  /** RFC 3339; undefined means now. */
  readonly effectiveTime: string | undefined;
  readonly timeoutMs: number;
}

export type Command =
  | { readonly kind: 'version'; readonly short: boolean }
  | { readonly kind: 'help' }
  | { readonly kind: 'list-planted-bugs' }
  | { readonly kind: 'prune-cache'; readonly limits: PruneLimits }
  | { readonly kind: 'validate-image'; readonly options: ValidateImageOptions };

const text = { type: 'string' } as const;
const toggle = { type: 'boolean' } as const;
const flags = {
  image: { ...text, short: 'i' },
  images: text,
  'json-input': { ...text, short: 'j' },
  'file-path': { ...text, short: 'f' },
  policy: { ...text, short: 'p' },
  'public-key': { ...text, short: 'k' },
  'rekor-url': { ...text, short: 'r' },
  'ignore-rekor': toggle,
  strict: { ...toggle, short: 's' },
  'show-successes': toggle,
  info: toggle,
  insecure: toggle,
  output: { ...text, short: 'o', multiple: true },
  workers: text,
  'effective-time': text,
  timeout: text,
  'max-bytes': text,
  'max-age': text,
  verbose: toggle,
  debug: toggle,
  trace: toggle,
  quiet: toggle,
  color: toggle,
  'no-color': toggle,
  short: toggle,
  'list-planted-bugs': toggle,
  help: { ...toggle, short: 'h' },
} as const;

type Toggle = { [Name in keyof typeof flags]: (typeof flags)[Name]['type'] extends 'boolean' ? Name : never }[keyof typeof flags];

/**
 * Reads the command line the way Go's programs write theirs (`--strict=false`, empty arguments ignored).
 * @throws StampedeError CONFIG_INVALID for anything that is not known or can't be read
 */
export function parseCommand(argv: readonly string[]): Command {
  const { rest, assigned } = takeAssignedToggles(argv);
  const { values, positionals } = parse(rest);
  const isSet = (name: Toggle, otherwise = false): boolean => assigned.get(name) ?? values[name] ?? otherwise;
  if (isSet('help')) return { kind: 'help' };
  if (isSet('list-planted-bugs')) return { kind: 'list-planted-bugs' };
  const words = positionals.filter((word) => word !== '').join(' ');
  if (words === 'version') return { kind: 'version', short: isSet('short') };
  if (words === 'cache prune') return { kind: 'prune-cache', limits: parseLimits(values['max-bytes'], values['max-age']) };
  if (words !== 'validate image') throw invalid(`unknown command ${JSON.stringify(words)}`, 'validate image, cache prune, version');
  return {
    kind: 'validate-image',
    options: {
      image: values.image,
      images: values.images ?? values['json-input'] ?? values['file-path'],
      policy: values.policy,
      publicKey: values['public-key'],
      rekorUrl: values['rekor-url'],
      ignoreRekor: isSet('ignore-rekor'),
      strict: isSet('strict', true),
      showSuccesses: isSet('show-successes'),
      info: isSet('info'),
      insecure: isSet('insecure'),
      debug: isSet('debug') || isSet('trace') || isSet('verbose'),
      outputs: (values.output ?? ['json']).flatMap((list) => list.split(',')).map(parseOutput),
      workers: parseWorkers(values.workers ?? '5'),
      effectiveTime: parseEffectiveTime(values['effective-time'] ?? 'now'),
      timeoutMs: parseDurationMs(values.timeout ?? '5m'),
    },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, allowPositionals: true });
  } catch (error) {
    throw new StampedeError('CONFIG_INVALID', error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function takeAssignedToggles(argv: readonly string[]) {
  const assigned = new Map<string, boolean>();
  const rest = argv.filter((argument) => {
    const [, name = '', value = ''] = /^--([a-z-]+)=(.*)$/s.exec(argument) ?? [];
    if (!(name in flags) || flags[name as keyof typeof flags].type !== 'boolean') return true;
    assigned.set(name, parseBoolean(value, `--${name}`));
    return false;
  });
  return { rest, assigned };
}

function parseOutput(value: string): OutputTarget {
  const [format = '', ...path] = value.split('=');
  const known = outputFormats.find((name) => name === format);
  if (known === undefined) throw invalid(`output format ${JSON.stringify(format)} is not supported`, outputFormats.join(', '));
  return { format: known, path: path.length === 0 ? undefined : path.join('=') };
}

function parseWorkers(value: string): number {
  const workers = Number(value);
  if (!Number.isInteger(workers) || workers < 1) throw invalid(`--workers ${value} is not a count`, 'whole numbers from 1');
  return workers;
}

function parseLimits(maxBytes: string | undefined, maxAge: string | undefined): PruneLimits {
  if (maxBytes !== undefined && !/^\d{1,15}$/.test(maxBytes)) throw invalid(`--max-bytes ${maxBytes} is not a number of bytes`, 'whole numbers from 0');
  return {
    ...(maxBytes === undefined ? {} : { maxBytes: Number(maxBytes) }),
    ...(maxAge === undefined ? {} : { maxAgeMs: parseDurationMs(maxAge) }),
  };
}

function parseEffectiveTime(value: string): string | undefined {
  if (value === 'now') return undefined;
  const isDate = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?$/.test(value) && !Number.isNaN(Date.parse(value));
  if (!isDate) throw invalid(`--effective-time ${value} is not supported`, 'now, a date, or a date and time as in RFC 3339');
  return value.includes('T') ? value : `${value}T00:00:00Z`;
}

function invalid(message: string, supported: string): StampedeError {
  return new StampedeError('CONFIG_INVALID', message, { hint: `supported: ${supported}` });
}
