// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import { planSchemaFile, publishedPlanSchema } from '../scenario/plan-schema.ts';

const usage = `npm run schemas:build -- [--check]

Writes the JSON schema of stored plans to schemas/; with --check compares and writes nothing.
`;

/** `schemas`: publishes what stored plans look like. */
export async function schemasCommand(argv: readonly string[]): Promise<number> {
  const { check, help } = parse(argv);
  const file = fileURLToPath(new URL(`../../schemas/${planSchemaFile}`, import.meta.url));
  if (help) process.stdout.write(usage);
  else if (!check) await publish(file);
  else if ((await readFile(file, 'utf8').catch(() => '')) !== publishedPlanSchema()) {
    process.stderr.write(`${file} is not what the code says: npm run schemas:build\n`);
    return ExitStatus.broken;
  }
  return ExitStatus.held;
}

async function publish(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, publishedPlanSchema());
  process.stdout.write(`${file}\n`);
}

function parse(argv: readonly string[]): { readonly check: boolean; readonly help: boolean } {
  try {
    const { values } = parseArgs({ args: [...argv], options: { check: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
    return { check: values.check === true, help: values.help === true };
  } catch (cause) {
    throw new StampedeError('CONFIG_INVALID', cause instanceof Error ? cause.message : String(cause), { hint: 'npm run schemas:build -- --help' });
  }
}
