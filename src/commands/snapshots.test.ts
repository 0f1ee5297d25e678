// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AstBuilder, GherkinClassicTokenMatcher, Parser } from '@cucumber/gherkin';
import { IdGenerator, type GherkinDocument } from '@cucumber/messages';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SnapshotMode } from '../config.ts';
import type { ScenarioVerdict } from '../report/outcome.ts';
import { placesIn } from '../scenario/places.ts';
import { SnapshotReader, type Settlement } from '../scenario/snapshot-book.ts';
import { snapshotFile } from '../scenario/snapshot-file.ts';
import type { FeaturesResult } from './features.ts';
import { settleSnapshots, snapshotRecordsFile } from './snapshots.ts';

const feature = `Feature: cache
  Scenario: cold
    * it runs
  Scenario Outline: warm
    * it runs <n> times
    Examples:
      | n |
      | 1 |
      | 2 |
  Rule: processes
    Scenario: cold
      * they run
`;
const uri = 'features/cache.feature';

let root: string;
let file: string;
let runs = 0;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'snapshots-test-'));
  file = snapshotFile(join(root, 'snapshots'), 'cache');
});

afterEach(async () => await rm(root, { recursive: true }));

/** How each scenario of the run ended, by title, and what it compared. */
type Ended = Readonly<Record<string, readonly [verdict: ScenarioVerdict, ...texts: string[]]>>;

/** One run: what its workers leave in the run's folder, then the one who writes. */
async function run(ended: Ended, mode: SnapshotMode, written = feature): Promise<readonly Settlement[]> {
  const newId = IdGenerator.incrementing();
  const document = { ...new Parser(new AstBuilder(newId), new GherkinClassicTokenMatcher()).parse(written), uri } as unknown as GherkinDocument;
  const runFolder = join(root, `run-${(runs += 1)}`);
  await mkdir(join(runFolder, 'services'), { recursive: true });
  await writeFile(join(runFolder, 'report.html'), '');
  const outcomes = [];
  for (const { id, title, line } of placesIn(document, 'cache').values()) {
    const [verdict, ...texts] = ended[title] ?? [];
    if (verdict === undefined) continue;
    const reader = new SnapshotReader(file);
    const lines = texts.map((text) => JSON.stringify(reader.compare(`${title}: stdout`, text)));
    await mkdir(join(runFolder, id));
    await writeFile(join(runFolder, id, snapshotRecordsFile), lines.map((text) => `${text}\n`).join(''));
    outcomes.push({ title, feature: 'cache', at: `${uri}:${line}`, verdict, durationMs: 1, failures: [], artifacts: undefined });
  }
  const result: FeaturesResult = { outcomes, selected: outcomes.length, elsewhere: 0, success: true, problems: [], notes: [], features: [document] };
  return await settleSnapshots({ root, featuresFolder: join(root, 'features'), snapshotsFolder: join(root, 'snapshots'), runFolder, mode }, result);
}

const all: Ended = {
  cold: ['held', 'cold'],
  'warm (row 1)': ['held', 'warm 1'],
  'warm (row 2)': ['held', 'warm 2', 'and again'],
  'processes > cold': ['held', 'cold processes'],
};

const entries = async (): Promise<string[]> => [...(await readFile(file, 'utf8')).matchAll(/^exports\[`(.*)`\]/gm)].map(([, name]) => name ?? '');

it('writes what scenarios, rows and rules compared, each under its own name', async () => {
  expect(await run(all, 'new')).toEqual([{ file, written: 5, updated: 0, removed: 0, obsolete: [] }]);
  expect(await entries()).toEqual(['cold: stdout 1', 'processes > cold: stdout 1', 'warm (row 1): stdout 1', 'warm (row 2): stdout 1', 'warm (row 2): stdout 2']);
  expect(await run(all, 'all')).toEqual([{ file, written: 0, updated: 0, removed: 0, obsolete: [] }]);
});

it('tells what is obsolete after a whole, good run, and removes it only when all is updated', async () => {
  await run(all, 'new');
  const without = { ...all, 'warm (row 2)': ['held', 'warm 2'] } as const;
  for (const mode of ['none', 'new'] as const) {
    expect(await run(without, mode)).toMatchObject([{ removed: 0, obsolete: ['warm (row 2): stdout 2'] }]);
    expect(await entries()).toContain('warm (row 2): stdout 2');
  }
  expect(await run(without, 'all')).toMatchObject([{ removed: 1 }]);
  expect(await entries()).not.toContain('warm (row 2): stdout 2');
});

it('takes the entries of a scenario that is no longer written for obsolete', async () => {
  await run(all, 'new');
  const shorter = feature.replace('  Scenario: cold\n    * it runs\n', '');
  expect(await run(all, 'all', shorter)).toMatchObject([{ removed: 1, obsolete: ['cold: stdout 1'] }]);
});

it.each(['broken', 'unknown', 'harness', 'skipped'] as const)('removes nothing, and learns nothing from it, when a scenario was %s', async (verdict) => {
  await run(all, 'new');
  const before = await readFile(file, 'utf8');
  const ended: Ended = { ...all, cold: [verdict, 'spoilt'], 'warm (row 2)': ['held', 'warm 2'] };
  for (const mode of ['none', 'new', 'all'] as const) {
    expect(await run(ended, mode)).toMatchObject([{ updated: 0, written: 0, removed: 0, obsolete: [] }]);
    expect(await readFile(file, 'utf8')).toBe(before);
  }
});

it('does not write what a scenario compared before it failed', async () => {
  expect(await run({ cold: ['broken', 'spoilt'], 'warm (row 1)': ['held', 'warm 1'] }, 'new')).toMatchObject([{ written: 1 }]);
  expect(await entries()).toEqual(['warm (row 1): stdout 1']);
});

it('removes nothing of scenarios that were not selected', async () => {
  await run(all, 'new');
  expect(await run({ cold: ['held', 'changed'] }, 'all')).toMatchObject([{ updated: 1, removed: 0, obsolete: [] }]);
  expect(await entries()).toHaveLength(5);
});

it('refuses a file that a merge has left broken, and leaves it', async () => {
  await run(all, 'new');
  const conflict = (await readFile(file, 'utf8')).replace('exports[`warm (row 1)', '<<<<<<< HEAD\nexports[`warm (row 1)');
  await writeFile(file, conflict);
  await expect(run({}, 'all')).rejects.toMatchObject({ code: 'SNAPSHOT_FILE_CORRUPT' });
  expect(await readFile(file, 'utf8')).toBe(conflict);
});
