// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import { NightStore } from '../nightly/store.ts';
import { summarize } from '../nightly/summarize.ts';
import { harmless } from '../report/terminal.ts';
import { makeNight } from './nightly-run.ts';
import { nightlyOptions, nightlyUsage, type NightlyOptions } from './nightly-options.ts';
import { nightWords } from './nightly-words.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** `nightly`: runs a campaign, joins what several machines made of it, tells of it. */
export async function nightlyCommand(argv: readonly string[]): Promise<number> {
  const options = nightlyOptions(argv, root);
  switch (options.action) {
    case 'run':
      return await makeNight(options, root, async (store, night) => await tellOf(store, night, options.json));
    case 'report':
      return await report(options);
    default:
      process.stdout.write(nightlyUsage);
      return ExitStatus.held;
  }
}

/** Tells of a night, the last one if none is named. */
async function report({ store: folder, night, json }: NightlyOptions): Promise<number> {
  using store = NightStore.open(folder);
  const id = night ?? store.nights().at(-1)?.id;
  if (id === undefined) throw new StampedeError('NOTHING_SELECTED', `no night is in ${folder}`);
  return await tellOf(store, id, json);
}

async function tellOf(store: NightStore, night: string, json: string | undefined): Promise<number> {
  const summary = summarize(store, night);
  const lines = nightWords(summary);
  process.stdout.write(`${lines.map(harmless).join('\n')}\n`);
  if (json !== undefined) await writeFile(json, `${JSON.stringify(summary, null, 2)}\n`);
  return summary.exitStatus;
}
