// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { ExitStatus } from '../foundation/errors.ts';
import type { NightStore } from '../nightly/store.ts';
import { makeNight } from './nightly-run.ts';
import { nightlyOptions, nightlyUsage } from './nightly-options.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** `nightly`: runs a campaign, joins what several machines made of it, tells of it. */
export async function nightlyCommand(argv: readonly string[]): Promise<number> {
  const options = nightlyOptions(argv, root);
  switch (options.action) {
    case 'run':
      return await makeNight(options, root, conclude);
    default:
      process.stdout.write(nightlyUsage);
      return ExitStatus.held;
  }
}

async function conclude(store: NightStore, night: string): Promise<number> {
  const counts = store.query('SELECT verdict, count(*) AS n FROM runs WHERE night = ? GROUP BY verdict', [night]);
  process.stdout.write(`${JSON.stringify(counts)}\n`);
  return ExitStatus.held;
}
