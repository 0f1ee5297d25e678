// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { withDeadline } from '../foundation/deadline.ts';
import { describeError, ExitStatus } from '../foundation/errors.ts';
import { durationOf } from '../foundation/command-words.ts';
import { ResourceStack } from '../foundation/resources.ts';
import { freshSeed } from '../foundation/seed.ts';
import { beginNight, requireNewNight, resumeNight, type BegunNight } from '../nightly/begin.ts';
import { readCampaign, type Campaign } from '../nightly/campaign.ts';
import { requireRunnable } from '../nightly/campaign-problems.ts';
import { nightAsLeft } from '../nightly/go-on.ts';
import { KeptFolders } from '../nightly/kept-folders.ts';
import { makeRuns } from '../nightly/make-runs.ts';
import { shellQuoted } from '../scenario/command-line.ts';
import { NightStore } from '../nightly/store.ts';
import { TerminalReport } from '../report/terminal.ts';
import { interruptible, type Interruption } from './interrupt.ts';
import type { NightlyOptions } from './nightly-options.ts';
import { NightProgress } from './nightly-progress.ts';
import { buildsOf, NightWorkloads } from './nightly-workloads.ts';

/** So long an interrupted run may take to fail. */
const longestEndMs = 5000;

/** All that a night is made with, from before its first run to its end. */
interface NightSession {
  readonly options: NightlyOptions;
  readonly root: string;
  readonly campaign: Campaign;
  readonly store: NightStore;
  readonly report: TerminalReport;
  /** For what each stage says of itself. */
  readonly details: TerminalReport;
  readonly resources: ResourceStack;
  readonly stopping: AbortController;
}

/** Makes the runs of a night, or of a shard of it, and leaves them in the store; returns which night it was. */
export async function makeNight(options: NightlyOptions, root: string, conclude: (store: NightStore, night: string) => Promise<number>): Promise<number> {
  const campaign = await readCampaign(options.campaign ?? '', options);
  // Before anything is made: a store that is not there yet knows no builds, either.
  await requireRunnable(campaign, { subjects: join(root, 'subjects'), builds: buildsIn(options.store) });
  const store = NightStore.open(options.store, { isNew: !options.resume });
  const report = new TerminalReport({ out: process.stdout, root, again: 'npm run nightly' });
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const session: NightSession = { options, root, campaign, store, report, details: options.quiet ? new TerminalReport({ out: nowhere, root, again: '' }) : report, resources: new ResourceStack(), stopping: new AbortController() };
  const workloads = new NightWorkloads({ campaign, work: join(store.folder, 'work'), report: session.details, resources: session.resources });
  let making: Promise<string> = Promise.resolve('');
  const release = async (): Promise<void> => {
    await session.resources[Symbol.asyncDispose]().catch((error: unknown) => process.stderr.write(`${describeError(error)}\n`));
    // A run in hand may still write: what is left then goes after it, or at the next start.
    await rm(join(store.folder, 'work'), { recursive: true, force: true }).catch(() => undefined);
  };
  const cleanUp = async (signal: Interruption): Promise<void> => {
    session.stopping.abort();
    report.line(`\nwhat was done is kept; to go on: ${resumeLine(session)}`);
    // What the run in hand has recorded goes with its stage.
    report.storedIn('');
    report.interrupted(signal);
    await release();
    // The run in hand fails now that its stage is gone; what it began while that went is removed after it.
    const settled = making.then(() => undefined, () => undefined).then(async () => await workloads.sweep());
    await withDeadline(settled, longestEndMs, () => new Error('still running')).catch(() => undefined);
    await rm(join(store.folder, 'work'), { recursive: true, force: true });
    store.close();
  };
  return await interruptible(cleanUp, async () => {
    try {
      making = make(session, workloads);
      const night = await making.finally(release);
      return session.stopping.signal.aborted ? ExitStatus.held : await conclude(store, night);
    } finally {
      if (!session.stopping.signal.aborted) store.close();
    }
  });
}

async function make(session: NightSession, workloads: NightWorkloads): Promise<string> {
  const { options, campaign, store, report, stopping, root } = session;
  // Of a night that was killed; nobody else has the store.
  await rm(join(store.folder, 'work'), { recursive: true, force: true });
  const shard = options.shard ?? { index: 1, count: 1 };
  const builds = await buildsOf(campaign, root);
  const request = { campaign, builds, store, shard, seed: options.seed ?? freshSeed() };
  const resumed = options.goOn ? nightAsLeft(request) : options.resume ? resumeNight(request, options.seed) : undefined;
  if (resumed === undefined) requireNewNight(store, campaign, request.seed);
  workloads.seed = resumed?.night.seed ?? request.seed;
  const begun = resumed ?? beginNight(request, await workloads.see());
  const budgetMs = options.budgetMs ?? (campaign.budget.time === undefined ? Infinity : durationOf(campaign.budget.time));
  report.line(opening(begun, resumed !== undefined));
  const progress = new NightProgress({ report, quiet: options.quiet, isTerminal: process.stdout.isTTY && !options.quiet, columns: () => process.stdout.columns || 80, planned: begun.shard.planned, budgetMs, earlier: begun.shard });
  await makeRuns({
    store, night: begun.night, shard: begun.shard, pending: begun.pending, budgetMs, stop: campaign.stop,
    folders: await KeptFolders.open(store, campaign.keep),
    perform: async (run) => await workloads.perform(run),
    jobs: options.jobs ?? campaign.jobs,
    signal: stopping.signal,
    onRun: (run, shardNow) => progress.run(run, shardNow),
  });
  return begun.night.id;
}

function opening({ night, shard, pending }: BegunNight, isResumed: boolean): string {
  const part = shard.count === 1 ? '' : `, shard ${shard.index}/${shard.count} of ${night.planned}`;
  const targets = night.targets.map(({ name, build }) => `${name} ${build}`).join(', ');
  return `night ${night.id} · ${targets} · ${isResumed ? `${pending.length} of ${shard.planned} runs are left` : `${shard.planned} runs`}${part}`;
}

function resumeLine({ options, campaign }: NightSession): string {
  const words = [
    ...['--campaign', options.campaign ?? campaign.file, '--store', options.store],
    ...(options.shard === undefined ? [] : ['--shard', `${options.shard.index}/${options.shard.count}`, '--seed', options.seed ?? '']),
    ...options.binary.flatMap((one) => ['--binary', one]), ...options.build.flatMap((one) => ['--build', one]),
  ];
  return shellQuoted(['npm', 'run', 'nightly', '--', ...words, '--resume']);
}

function buildsIn(folder: string): ReadonlySet<string> {
  try {
    using store = NightStore.open(folder);
    return new Set(store.nights().flatMap(({ targets }) => targets.map(({ build }) => build)));
  } catch {
    // Opening it for good tells what is wrong.
    return new Set();
  }
}
