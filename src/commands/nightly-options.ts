// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { durationOf, shardOf, type Shard } from '../foundation/command-words.ts';
import { StampedeError } from '../foundation/errors.ts';
import { isBundleAddress } from '../nightly/bundle-artifact.ts';
import type { ReportFiles } from './night-reports.ts';

export const nightlyUsage = `npm run nightly -- --campaign FILE [options]
npm run nightly -- merge BUNDLE... --store DIR [--out FILE]
npm run nightly -- report --store DIR [--night ID] [--html FILE] [--junit FILE]

Runs a campaign: all of its schedules on all of its targets, new ones often, old ones as long as the budget lasts. What comes of it goes
to a store, one row a run; at the end it is told what is new, known and gone, and how sure that is.

  --campaign FILE        what is to be run: schemas/campaign.schema.json, examples in campaigns/
  --store DIR            where nights are kept; default: nights
  --resume               goes on with the night that was interrupted last; nothing is done twice
  --go-on                for a process that something starts again: begins the night of the --seed, or goes on with it; at its end, tells of it
  --shard I/N            of the runs of a night only those that fall to the Ith of N machines; needs --seed, the same on all
  --bundle FILE          also writes the night, with the run folders that were kept, to one file; default with --shard: in the store.
                         oci://HOST/REPOSITORY[:TAG] pushes it to a registry, as whom docker login knows there
  --seed SEED            the order of schedules, and those of chance; with the campaign's name it is the name of the night
  --budget TIME          such as 90s, 20m, 1h30m; in place of the campaign's
  --jobs N               runs at a time, in place of the campaign's
  --binary NAME=PATH     the program of a target; --build NAME=BUILD which build it is. With one target, the value alone. Repeatable
  --quiet                only findings and the end, for logs

  merge                  joins bundles of shards, files or oci://HOST/REPOSITORY:TAG, and tells which are missing, the same twice, or damaged
  --out FILE             also writes what was joined as one bundle
  report                 tells of a night again; default: the last one
  --html FILE            a page for people; a night's end writes it to reports/ in the store, unless it is told where
  --junit FILE           for build services, --messages FILE the same as Cucumber messages, --markdown FILE for the page of a CI job
  --json FILE            of a night, all that is told, for programs
  --test-output FILE     for the result TEST_OUTPUT of a Tekton task; says ERROR until the verdict is there

exit status: 0 held, 1 broken and not known, 3 more unknown than allowed, or shards are missing; 2 usage, 4 harness
`;

export interface NightlyOptions {
  readonly action: 'run' | 'merge' | 'report' | 'help';
  readonly campaign: string | undefined;
  readonly store: string;
  readonly resume: boolean;
  readonly goOn: boolean;
  readonly shard: Shard | undefined;
  readonly bundle: string | undefined;
  readonly seed: string | undefined;
  readonly budgetMs: number | undefined;
  readonly jobs: number | undefined;
  readonly binary: readonly string[];
  readonly build: readonly string[];
  readonly quiet: boolean;
  readonly bundles: readonly string[];
  readonly out: string | undefined;
  readonly night: string | undefined;
  readonly files: ReportFiles;
  readonly testOutput: string | undefined;
}

/** @throws StampedeError CONFIG_INVALID */
export function nightlyOptions(argv: readonly string[], root: string): NightlyOptions {
  const { values, positionals } = parse(argv);
  const [word, ...rest] = positionals;
  const action = values.help === true ? 'help' : word === 'merge' || word === 'report' ? word : 'run';
  if (action === 'run' && word !== undefined) throw refused(`there is no nightly ${JSON.stringify(word)}`);
  if (action === 'run' && values.campaign === undefined) throw refused('no campaign is given', '--campaign campaigns/smoke.json');
  if (action === 'merge' && rest.length === 0) throw refused('no bundle is given', 'npm run nightly -- merge shard-*.bundle --store DIR');
  if (action === 'report' && rest.length > 0) throw refused(`report takes no ${JSON.stringify(rest[0])}`);
  const shard = values.shard === undefined ? undefined : shardOf(values.shard);
  if (shard !== undefined && values.seed === undefined) throw refused('--shard needs a seed that is the same on all machines', '--seed with the number of the build, for example');
  if (values['go-on'] === true && (values.seed === undefined || values.resume === true)) throw refused('--go-on needs the --seed that names the night, and no --resume');
  return {
    action,
    campaign: values.campaign,
    store: resolve(root, values.store ?? 'nights'),
    resume: values.resume === true,
    goOn: values['go-on'] === true,
    shard,
    bundle: values.bundle === undefined || isBundleAddress(values.bundle) ? values.bundle : resolve(values.bundle),
    seed: seedOf(values.seed),
    budgetMs: values.budget === undefined ? undefined : durationOf(values.budget),
    jobs: values.jobs === undefined ? undefined : jobsOf(values.jobs),
    binary: values.binary ?? [],
    build: values.build ?? [],
    quiet: values.quiet === true,
    bundles: action === 'merge' ? rest : [],
    out: values.out === undefined ? undefined : resolve(values.out),
    night: values.night,
    files: { html: pathOf(values.html), junit: pathOf(values.junit), markdown: pathOf(values.markdown), messages: pathOf(values.messages), json: pathOf(values.json) },
    testOutput: pathOf(values['test-output']),
  };
}

function pathOf(file: string | undefined): string | undefined {
  return file === undefined ? undefined : resolve(file);
}

/** It becomes a part of the night's name. */
function seedOf(seed: string | undefined): string | undefined {
  if (seed === undefined || /^[\w.-]{1,40}$/.test(seed)) return seed;
  throw refused(`--seed ${JSON.stringify(seed)} has more than 40 letters, digits, dots, dashes and underlines, or something else in it`);
}

function jobsOf(text: string): number {
  const jobs = Number(text);
  if (Number.isInteger(jobs) && jobs >= 1 && jobs <= 64) return jobs;
  throw refused(`--jobs ${text} is not a count from 1 to 64`);
}

function refused(message: string, hint = 'npm run nightly -- --help'): StampedeError {
  return new StampedeError('CONFIG_INVALID', message, { hint });
}

function parse(argv: readonly string[]) {
  const [text, toggle, several] = [{ type: 'string' }, { type: 'boolean' }, { type: 'string', multiple: true }] as const;
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        campaign: text, store: text, resume: toggle, shard: text, bundle: text, seed: text, budget: text, jobs: text, binary: several, build: several,
        quiet: toggle, out: text, night: text, html: text, junit: text, markdown: text, messages: text, json: text, 'test-output': text, 'go-on': toggle, help: { ...toggle, short: 'h' },
      },
    });
  } catch (cause) {
    throw refused(cause instanceof Error ? cause.message : String(cause));
  }
}
