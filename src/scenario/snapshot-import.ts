// SPDX-License-Identifier: Apache-2.0
import { basename, dirname, resolve, sep } from 'node:path';
import type { AskedSnapshot, FeatureSnapshots } from './feature-snapshots.ts';
import type { GoSnapsEntry } from './go-snaps.ts';
import { importedText } from './imported-text.ts';

export interface GoSnapsFile {
  readonly file: string;
  readonly entries: readonly GoSnapsEntry[];
}

/** An entry that has found the comparison that it was recorded for. */
export interface PlacedSnapshot {
  /** As it stands in its file. */
  readonly name: string;
  readonly asked: AskedSnapshot;
  readonly text: string;
  /** File and line that it comes from. */
  readonly from: string;
}

export interface LostSnapshot {
  readonly from: string;
  readonly name: string;
  readonly why: string;
}

export interface ImportPlan {
  /** By feature, then in the order in which a run compares. */
  readonly placed: readonly PlacedSnapshot[];
  /** Entries that have no place here. */
  readonly lost: readonly LostSnapshot[];
  /** Comparisons of the features that the files are about, without an entry. */
  readonly missing: readonly AskedSnapshot[];
}

/** What is known of the import so far. */
interface Draft {
  readonly placed: Map<AskedSnapshot, PlacedSnapshot>;
  readonly lost: LostSnapshot[];
  /** Comparisons of several scenarios of one name: they have entries, and nobody knows which. */
  readonly ambiguous: Set<AskedSnapshot>;
  /** Names of the features that the files are about. */
  readonly involved: Set<string>;
}

/**
 * Finds for each entry the scenario that asks for it. Names of files and entries are only compared with those of features, never used
 * as paths. Rows of an outline that share a name took running numbers in their order.
 */
export function planImport(files: readonly GoSnapsFile[], features: readonly FeatureSnapshots[]): ImportPlan {
  const draft: Draft = { placed: new Map(), lost: [], ambiguous: new Set(), involved: new Set() };
  for (const { file, entries } of files) {
    const { candidates, isNamed } = candidatesFor(file, features);
    if (isNamed) candidates.forEach(({ feature }) => draft.involved.add(feature));
    const find = finder(candidates);
    for (const entry of entries) place(draft, entry, { from: `${file}:${entry.line}`, found: find(entry.name) });
  }
  return settled(draft, features);
}

interface Found {
  readonly from: string;
  /** Those of the entry's name, in the order of their features. */
  readonly found: readonly AskedSnapshot[];
}

function place({ placed, lost, ambiguous, involved }: Draft, { name, number, text }: GoSnapsEntry, { from, found }: Found): void {
  const entry = `[${name} - ${number}]`;
  const lose = (why: string): void => void lost.push({ from, name: entry, why });
  found.forEach(({ feature }) => involved.add(feature));
  const scenarios = new Map(found.map(({ feature, node, at }) => [`${feature} ${node}`, at]));
  if (scenarios.size > 1) {
    found.forEach((asked) => ambiguous.add(asked));
    return lose(`several scenarios have this name: ${[...scenarios.values()].join(', ')}`);
  }
  if (found.length === 0) return lose('no scenario asks for it');
  const asked = found[number - 1];
  if (asked === undefined) return lose(`its scenario compares that ${found.length === 1 ? 'once' : `${found.length} times`} only`);
  const before = placed.get(asked);
  if (before !== undefined) return lose(`it was imported before, from ${before.from}`);
  placed.set(asked, { name: entry, asked, text: importedText(text), from });
}

/** The feature that the file is named after, nearest to it where there are several; all where there is none. */
function candidatesFor(file: string, features: readonly FeatureSnapshots[]): { readonly candidates: readonly FeatureSnapshots[]; readonly isNamed: boolean } {
  const stem = basename(file).replace(/\.snap$/, '');
  const named = features.filter(({ feature }) => basename(feature) === stem);
  if (named.length === 0) return { candidates: features, isNamed: false };
  const home = dirname(resolve(file)).split(sep).filter((part) => part !== '__snapshots__').join(sep);
  const nearest = named.filter(({ path }) => dirname(resolve(path)) === home);
  return { candidates: nearest.length === 1 ? nearest : named, isNamed: true };
}

/** Comparisons by the name that an entry has: scenario, colon, what. */
function finder(features: readonly FeatureSnapshots[]): (name: string) => readonly AskedSnapshot[] {
  const byName = new Map<string, AskedSnapshot[]>();
  for (const asked of features.flatMap((feature) => feature.asked)) {
    const name = `${asked.scenario}:${asked.what}`;
    const others = byName.get(name);
    if (others === undefined) byName.set(name, [asked]);
    else others.push(asked);
  }
  return (name) => byName.get(name) ?? [];
}

/** Running numbers have no gaps here: what comes after a missing one would take its number. */
function settled({ placed, lost, ambiguous, involved }: Draft, features: readonly FeatureSnapshots[]): ImportPlan {
  const kept: PlacedSnapshot[] = [];
  const stranded: LostSnapshot[] = [];
  const missing: AskedSnapshot[] = [];
  const broken = new Set<string>();
  for (const asked of features.filter(({ feature }) => involved.has(feature)).flatMap((feature) => feature.asked)) {
    const key = `${asked.feature}\n${asked.title}: ${asked.what}`;
    const entry = placed.get(asked);
    if (entry === undefined) broken.add(key);
    if (entry === undefined && !ambiguous.has(asked)) missing.push(asked);
    if (entry === undefined) continue;
    if (broken.has(key)) stranded.push({ from: entry.from, name: entry.name, why: 'the one before it in the same scenario is missing' });
    else kept.push(entry);
  }
  return { placed: kept, lost: [...lost, ...stranded], missing };
}
