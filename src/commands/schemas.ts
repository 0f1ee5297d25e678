// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import { root } from '../foundation/root.ts';
import { eventSchemaFile, publishedEventSchema } from '../history/event-shapes.ts';
import { campaignSchemaFile, publishedCampaignSchema } from '../nightly/campaign.ts';
import { planSchemaFile, publishedPlanSchema } from '../scenario/plan-schema.ts';
import { publishedSeedSchema, seedSchemaFile } from '../seeding/seed-file.ts';

const usage = `npm run schemas:build -- [--check]

Writes the JSON schemas of stored plans and events, of campaigns and seeds, to schemas/; with --check compares and writes nothing.
`;

/** `schemas`: publishes what stored plans and events, campaigns and seeds look like. */
export async function schemasCommand(argv: readonly string[]): Promise<number> {
  const { check, help } = parse(argv);
  if (help) process.stdout.write(usage);
  const published = [[planSchemaFile, publishedPlanSchema()], [eventSchemaFile, publishedEventSchema()], [campaignSchemaFile, publishedCampaignSchema()], [seedSchemaFile, publishedSeedSchema()]] as const;
  let status: number = ExitStatus.held;
  for (const [name, text] of help ? [] : published) {
    const file = join(root, 'schemas', name);
    if (!check) await publish(file, text);
    else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
      process.stderr.write(`${file} is not what the code says: npm run schemas:build\n`);
      status = ExitStatus.broken;
    }
  }
  return status;
}

async function publish(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
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
