// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readSettings } from '../config.ts';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import { harmless } from '../report/terminal.ts';
import { readFeatureSnapshots } from '../scenario/feature-snapshots.ts';
import { parseGoSnaps } from '../scenario/go-snaps.ts';
import { settle, SnapshotReader, type Comparison } from '../scenario/snapshot-book.ts';
import { snapshotFile } from '../scenario/snapshot-file.ts';
import { planImport, type GoSnapsFile, type ImportPlan, type PlacedSnapshot } from '../scenario/snapshot-import.ts';
import { requireWritable } from './preflight.ts';

const usage = `npm run snapshots:import -- FILE...|DIR [--features DIR] [--to DIR] [--overwrite]

Takes over what another suite has recorded: files of go-snaps ([scenario:stdout - 1], the content, a line ---), as Conforma's own suite
keeps them in features/__snapshots__. Each entry goes to the scenario that asks for it; what has none is told, as is a scenario without an entry.

  --features DIR   the features that the files belong to; default: features
  --to DIR         where snapshots are kept here; default: snapshots
  --overwrite      replace what is there and differs

exit status: 0 all is there, 1 something there differs, 2 usage, 3 not all could be imported
`;

/** A whole suite has some hundred kilobytes. */
const sizeLimit = 64 * 1024 * 1024;
const shownLines = 20;

/** `snapshots:import`: nothing is written before all files are read and understood. */
export async function importSnapshotsCommand(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parse(argv);
  if (values.help === true) {
    process.stdout.write(usage);
    return ExitStatus.held;
  }
  if (positionals.length === 0) throw new StampedeError('CONFIG_INVALID', 'no file or folder to import is named', { hint: 'npm run snapshots:import -- --help' });
  const settings = readSettings({ ...(values.features === undefined ? {} : { features: values.features }), ...(values.to === undefined ? {} : { snapshots: values.to }) });
  const features = await readFeatureSnapshots(settings.features ?? resolve('features'));
  const target = settings.snapshots ?? resolve('snapshots');
  const paths = (await Promise.all(positionals.map(filesOf))).flat();
  const plan = planImport(await readAll(paths), features);
  await requireWritable(target, 'to');
  const written = writeAll(plan, target, values.overwrite === true);
  process.stdout.write(harmless(`${[...told(plan), ...written.lines, summary(plan, written)].join('\n')}\n`));
  if (written.differing > 0) return ExitStatus.broken;
  return plan.lost.length + plan.missing.length > 0 ? ExitStatus.unknown : ExitStatus.held;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { features: { type: 'string' }, to: { type: 'string' }, overwrite: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (cause) {
    throw new StampedeError('CONFIG_INVALID', cause instanceof Error ? cause.message : String(cause), { hint: 'npm run snapshots:import -- --help' });
  }
}

/** The file, or the `.snap` files in the folder; no name in a file ever leads to another one. */
async function filesOf(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new StampedeError('CONFIG_INVALID', `there is no file or folder ${path}`, { cause });
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path, { recursive: true })).filter((name) => name.endsWith('.snap') && !/(^|[\\/])node_modules[\\/]/.test(name)).sort();
  if (names.length === 0) throw new StampedeError('CONFIG_INVALID', `no .snap file lies below ${path}`);
  return names.map((name) => join(path, name));
}

async function readAll(paths: readonly string[]): Promise<readonly GoSnapsFile[]> {
  const files: GoSnapsFile[] = [];
  for (const file of new Set(paths)) {
    const found = await stat(file);
    if (!found.isFile()) throw new StampedeError('CONFIG_INVALID', `${file} is no file`);
    if (found.size > sizeLimit) throw new StampedeError('SNAPSHOT_FILE_MALFORMED', `${file}:1: it has ${found.size} bytes, more than ${sizeLimit}`, { hint: 'name the snapshot file itself' });
    const bytes = await readFile(file);
    files.push({ file, entries: parseGoSnaps(bytes, file) });
  }
  return files;
}

interface Written {
  readonly lines: readonly string[];
  readonly imported: number;
  readonly replaced: number;
  readonly same: number;
  readonly differing: number;
}

/** All files are compared before the first one is written: one that is corrupt stops the import. */
function writeAll({ placed }: ImportPlan, target: string, overwrite: boolean): Written {
  const features = [...new Set(placed.map(({ asked }) => asked.feature))];
  const compared = features.map((feature) => {
    const file = snapshotFile(target, feature);
    const reader = new SnapshotReader(file);
    const entries = placed.filter(({ asked }) => asked.feature === feature);
    return { file, entries, records: entries.map(({ asked, text }) => reader.compare(`${asked.title}: ${asked.what}`, text)) };
  });
  const settlements = compared.map(({ file, records }) => settle(file, records, { mode: overwrite ? 'all' : 'new', isComplete: false }));
  const count = (outcome: Comparison['outcome']): number => compared.flatMap(({ records }) => records).filter((record) => record.outcome === outcome).length;
  return {
    lines: compared.flatMap(({ file, entries, records }) => (overwrite ? [] : differences(file, entries, records))),
    imported: settlements.reduce((sum, { written }) => sum + written, 0),
    replaced: settlements.reduce((sum, { updated }) => sum + updated, 0),
    same: count('matched'),
    differing: overwrite ? 0 : count('mismatched'),
  };
}

function differences(file: string, entries: readonly PlacedSnapshot[], records: readonly Comparison[]): readonly string[] {
  return records.flatMap(({ name, outcome, difference = '' }, index) => {
    if (outcome !== 'mismatched') return [];
    // Which text is which is said once, here.
    const lines = difference.split('\n').slice(3);
    const more = lines.length > shownLines ? [`  ... ${lines.length - shownLines} lines more`] : [];
    const { from = '', asked } = entries[index] ?? {};
    return [`differs: ${name} ${asked?.number ?? ''}`, `  - ${short(file)}`, `  + ${from}`, ...lines.slice(0, shownLines).map((line) => `  ${line}`), ...more];
  });
}

function told({ lost, missing }: ImportPlan): readonly string[] {
  return [
    ...lost.map(({ from, name, why }) => `not imported: ${from} ${name}: ${why}`),
    ...missing.map(({ at, title, what, number }) => `no entry: ${short(at)} ${title}: ${what} ${number}`),
  ];
}

function summary({ lost, missing }: ImportPlan, { imported, replaced, same, differing }: Written): string {
  const counts = [
    `${imported} imported`,
    ...(replaced > 0 ? [`${replaced} replaced`] : []),
    `${same} there already`,
    ...(differing > 0 ? [`${differing} ${differing === 1 ? 'differs and was' : 'differ and were'} left (--overwrite replaces what differs)`] : []),
    ...(lost.length > 0 ? [`${lost.length} not imported`] : []),
    ...(missing.length > 0 ? [`${missing.length} without an entry`] : []),
  ];
  return counts.join(', ');
}

function short(path: string): string {
  const inside = relative(process.cwd(), path);
  return inside.startsWith('..') ? path : inside;
}
