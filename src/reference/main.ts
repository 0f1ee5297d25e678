// SPDX-License-Identifier: Apache-2.0
import packageJson from '../../package.json' with { type: 'json' };
import { StampedeError } from '../foundation/errors.ts';
import { parseCommand, type ValidateImageOptions } from './arguments.ts';
import { cacheDirectory } from './cache/open-cache.ts';
import { prune } from './cache/prune.ts';
import { plantedBugs } from './planted/chosen-parts.ts';
import { openWorkFolder } from './work-folder.ts';

const usage = `Usage:
  validate image --image REF --policy POLICY --public-key FILE [--rekor-url URL] [--output FORMAT[=FILE]]
  cache prune [--max-bytes N] [--max-age DURATION]
  version [--short]
`;

const work = openWorkFolder();

async function main(argv: readonly string[]): Promise<number> {
  const command = parseCommand(argv);
  switch (command.kind) {
    case 'help':
      process.stdout.write(usage);
      return 0;
    case 'list-planted-bugs':
      process.stdout.write((await plantedBugs()).listPlantedBugs());
      return 0;
    case 'prune-cache': {
      const { removed, removedBytes, keptBytes } = await prune(cacheDirectory(process.env), command.limits);
      process.stdout.write(`removed ${removed.length} files of ${removedBytes} bytes, kept ${keptBytes} bytes\n`);
      return 0;
    }
    case 'version':
      process.stdout.write(command.short ? `${packageJson.version}\n` : `Version            ${packageJson.version}\n`);
      return 0;
    case 'validate-image':
      return await validate(command.options);
  }
}

/** What takes long to load is loaded here, so that other commands start at once. */
async function validate(options: ValidateImageOptions): Promise<number> {
  const { validateImage } = await import('./validate-image.ts');
  const warn = (line: string): void => void process.stderr.write(`Warning: ${line}\n`);
  const debug = (line: string): void => void (options.debug && process.stderr.write(`Debug: ${line}\n`));
  const done = validateImage(options, { work, warn, debug, version: packageJson.version });
  const success = await withinTime(done, options.timeoutMs);
  if (success || !options.strict) return 0;
  process.stderr.write('Error: success criteria not met\n');
  return 1;
}

async function withinTime<T>(done: Promise<T>, timeoutMs: number): Promise<T> {
  if (timeoutMs === 0) return await done;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`exceeded the --timeout of ${timeoutMs} ms`)), Math.min(timeoutMs, 2 ** 31 - 1));
  });
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}

function printError(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof StampedeError && error.hint !== undefined ? ` (${error.hint})` : '';
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  process.stderr.write(`Error: ${`${message}${cause}${hint}`.replace(/\s*\n\s*/g, '; ')}\n`);
}

let ending: Promise<never> | undefined;

/** The first reason to end decides; what fails because of it is not told any more. */
async function end(status: number, error?: unknown): Promise<never> {
  if (ending === undefined && error !== undefined) printError(error);
  ending ??= work.clear().then(() => process.exit(status));
  return await ending;
}

for (const [signal, status] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
  process.once(signal, () => void end(status));
}

void main(process.argv.slice(2)).then(async (status) => await end(status), async (error: unknown) => await end(1, error));
