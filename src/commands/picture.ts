// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import { asTyped, drawTimeline } from './draw-timeline.ts';
import { readTold } from './stored-runs.ts';

const usage = `npm run picture -- FOLDER [--out FILE]

Draws the runs that are stored in a folder as one page of HTML: timeline.html in that folder, or FILE. FOLDER is what a failure names after \`stored\` or
\`artifacts\`, or one of the runs in it. Nothing is run for it.

exit status: 0 drawn, 2 usage, 4 what is stored there is damaged
`;

/** `picture`: draws a stored run again, as one from elsewhere or one that held. */
export async function pictureCommand(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parse(argv);
  if (values.help === true) {
    process.stdout.write(usage);
    return ExitStatus.held;
  }
  const [folder] = positionals;
  if (folder === undefined || positionals.length > 1) throw new StampedeError('CONFIG_INVALID', `one folder is drawn at a time, not ${positionals.length}`, { hint: 'npm run picture -- --help' });
  const drawn = await drawTimeline(folder, await readTold(folder), values.out);
  process.stdout.write(`picture    ${asTyped(drawn)}\n`);
  return ExitStatus.held;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options: { out: { type: 'string' }, help: { type: 'boolean', short: 'h' } } });
  } catch (cause) {
    throw new StampedeError('CONFIG_INVALID', cause instanceof Error ? cause.message : String(cause), { hint: 'npm run picture -- --help' });
  }
}
