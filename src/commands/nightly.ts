// SPDX-License-Identifier: Apache-2.0
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import { root } from '../foundation/root.ts';
import { writeBundle } from '../nightly/bundle.ts';
import { mergeBundles } from '../nightly/merge.ts';
import { NightStore } from '../nightly/store.ts';
import { summarize } from '../nightly/summarize.ts';
import type { NightSummary } from '../nightly/summary.ts';
import { counted } from '../report/timeline/text.ts';
import { harmless } from '../report/terminal.ts';
import { fetchBundle, leaveBundle, requireAddresses, requireRegistry } from './night-bundles.ts';
import { pageInStore, requirePlaces, writeReports, type ReportFiles } from './night-reports.ts';
import { makeNight } from './nightly-run.ts';
import { nightlyOptions, nightlyUsage, type NightlyOptions } from './nightly-options.ts';
import { nightWords } from './nightly-words.ts';
import { withTestOutput } from './tekton-result-file.ts';

/** `nightly`: runs a campaign, joins what several machines made of it, tells of it. */
export async function nightlyCommand(argv: readonly string[]): Promise<number> {
  const options = nightlyOptions(argv, root);
  if (options.action !== 'help') await requirePlaces(options.files);
  if (options.action === 'run') await requireRegistry(options.bundle);
  requireAddresses(options.bundles);
  return await withTestOutput(options.testOutput, async (told) => await perform(options, told));
}

async function perform(options: NightlyOptions, told: NightSummary[]): Promise<number> {
  switch (options.action) {
    case 'run':
      return await makeNight(options, root, async (store, night) => await conclude(store, night, options, told));
    case 'merge':
      return await merge(options, told);
    case 'report':
      return await report(options, told);
    default:
      process.stdout.write(nightlyUsage);
      return ExitStatus.held;
  }
}

/** One file with what was made here, where somebody is to join it with that of others; then the words. */
async function conclude(store: NightStore, night: string, { shard, bundle, files }: NightlyOptions, told: NightSummary[]): Promise<number> {
  const isLeft = await leaveBundle(store, night, { shard, bundle });
  const status = await tellOf(told, summarize(store, night, undefined, shard), store.folder, withPage(files, store.folder, night));
  return isLeft || status !== ExitStatus.held ? status : ExitStatus.harness;
}

/** Joins bundles, then tells of the nights that they are of; what is damaged leaves the night unknown at best. */
async function merge({ store: folder, bundles, out, files }: NightlyOptions, told: NightSummary[]): Promise<number> {
  using store = NightStore.open(folder, { isNew: true });
  const { nights, damaged, duplicates, conflicts, added } = await mergeBundles(store, bundles, fetchBundle);
  const lines = [...damaged.map((one) => `damaged    ${one}`), ...duplicates.map((one) => `duplicate  ${one}`), ...conflicts.map((one) => `twice      ${one}`), `${added} runs added from ${counted(bundles.length - damaged.length, 'bundle')}`];
  process.stdout.write(`${lines.map(harmless).join('\n')}\n`);
  let status: number = damaged.length > 0 ? ExitStatus.unknown : ExitStatus.held;
  for (const night of nights) status = worstOf(status, await tellOf(told, summarize(store, night), store.folder, withPage(files, store.folder, night)));
  if (out !== undefined && nights[0] !== undefined) await writeBundle(store, nights[0], out);
  if (nights.length === 0) throw new StampedeError('BUNDLE_DAMAGED', 'no bundle could be read');
  return status;
}

function worstOf(one: number, other: number): number {
  const order = [ExitStatus.broken, ExitStatus.harness, ExitStatus.unknown, ExitStatus.held] as readonly number[];
  return order.find((status) => status === one || status === other) ?? ExitStatus.harness;
}

/** Tells of a night, the last one if none is named. */
async function report({ store: folder, night, files }: NightlyOptions, told: NightSummary[]): Promise<number> {
  using store = NightStore.open(folder);
  const id = night ?? store.nights().at(-1)?.id;
  if (id === undefined) throw new StampedeError('NOTHING_SELECTED', `no night is in ${folder}`);
  return await tellOf(told, summarize(store, id), store.folder, files);
}

async function tellOf(told: NightSummary[], summary: NightSummary, folder: string, files: ReportFiles): Promise<number> {
  told.push(summary);
  const lines = nightWords(summary);
  process.stdout.write(`${lines.map(harmless).join('\n')}\n`);
  return await writeReports(summary, folder, files);
}

/** Whoever makes a night gets a page of it without asking. */
function withPage(files: ReportFiles, folder: string, night: string): ReportFiles {
  return { ...files, html: files.html ?? pageInStore(folder, night) };
}
