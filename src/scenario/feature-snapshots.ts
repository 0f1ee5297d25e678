// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AstBuilder, compile, GherkinClassicTokenMatcher, GherkinInMarkdownTokenMatcher, Parser } from '@cucumber/gherkin';
import { IdGenerator, type GherkinDocument, type Pickle } from '@cucumber/messages';
import { StampedeError } from '../foundation/errors.ts';
import { featureName, placesIn } from './places.ts';

/** One comparison that a scenario asks for, whoever runs it. */
export interface AskedSnapshot {
  readonly feature: string;
  /** The scenario's name with the values of its row, as Cucumber calls it. */
  readonly scenario: string;
  /** The scenario's title here: with rule, and number of the row. */
  readonly title: string;
  /** `stdout`, `stderr`, or a file as the step names it. */
  readonly what: string;
  /** Counts from 1 over the comparisons of one title and one `what`. */
  readonly number: number;
  /** The scenario's or the row's place, for a person. */
  readonly at: string;
  /** Equal for the rows of one outline. */
  readonly node: string;
}

export interface FeatureSnapshots {
  readonly feature: string;
  readonly path: string;
  /** In the order of the file. */
  readonly asked: readonly AskedSnapshot[];
}

/** What a step compares; the words are those of `steps/verdict.steps.ts` that Conforma's own suite has, too. */
function comparedBy(step: string): readonly string[] {
  if (step === 'the output should match the snapshot') return ['stdout', 'stderr'];
  const [, file] = /^the "([^"]*)" file should match the snapshot$/.exec(step) ?? [];
  return file === undefined ? [] : [file];
}

/**
 * Reads all features below a folder, for the snapshots that they ask for.
 * @throws StampedeError FEATURES_MISSING, CONFIG_INVALID for a file that is no feature
 */
export async function readFeatureSnapshots(folder: string): Promise<readonly FeatureSnapshots[]> {
  const found = await readdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new StampedeError('FEATURES_MISSING', `there is no features folder ${folder}`, { cause, hint: 'name it with --features DIR' });
  });
  const paths = found.filter((path) => /\.feature(\.md)?$/.test(path) && !/(^|[\\/])node_modules[\\/]/.test(path)).sort();
  if (paths.length === 0) throw new StampedeError('FEATURES_MISSING', `no feature file lies below ${folder}`, { hint: 'name another folder with --features DIR' });
  return await Promise.all(paths.map(async (path) => featureSnapshots(await readFile(join(folder, path), 'utf8'), { path: join(folder, path), feature: featureName(path) })));
}

/** @throws StampedeError CONFIG_INVALID */
export function featureSnapshots(text: string, { path, feature }: Pick<FeatureSnapshots, 'path' | 'feature'>): FeatureSnapshots {
  const { document, pickles } = parsed(text, path);
  const places = placesIn(document, feature);
  const counts = new Map<string, number>();
  const asked = pickles.flatMap(({ name, astNodeIds, steps }) => {
    const place = places.get(astNodeIds.at(-1) ?? '');
    if (place === undefined) return [];
    return steps.flatMap((step) => comparedBy(step.text)).map((what) => {
      const key = `${place.title}: ${what}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return { feature, scenario: name, title: place.title, what, number: counts.get(key) ?? 1, at: `${path}:${place.line}`, node: astNodeIds[0] ?? '' };
    });
  });
  return { feature, path, asked };
}

function parsed(text: string, path: string): { readonly document: GherkinDocument; readonly pickles: readonly Pickle[] } {
  const newId = IdGenerator.incrementing();
  const matcher = path.endsWith('.md') ? new GherkinInMarkdownTokenMatcher() : new GherkinClassicTokenMatcher();
  try {
    const document = { ...new Parser(new AstBuilder(newId), matcher).parse(text), uri: path } as unknown as GherkinDocument;
    return { document, pickles: compile(document, path, newId) };
  } catch (error) {
    // It begins with a line of no use; the others tell line and column.
    const lines = (error instanceof Error ? error.message : String(error)).split('\n');
    const [place = '', ...rest] = /^\((\d+:\d+)\): (.*)$/.exec(lines.find((line) => /^\(\d+:\d+\)/.test(line)) ?? '')?.slice(1) ?? [];
    throw new StampedeError('CONFIG_INVALID', `${path}:${place === '' ? lines.join(' ') : `${place}: ${rest.join('')}`}`, { hint: 'mend the feature, or leave it out with --features DIR' });
  }
}
