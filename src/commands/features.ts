// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { loadConfiguration, loadSources, runCucumber, type IConfiguration } from '@cucumber/cucumber/api';
import { TestStepResultStatus, type Envelope, type GherkinDocument } from '@cucumber/messages';
import { Query } from '@cucumber/query';
import { StampedeError } from '../foundation/errors.ts';
import { isCompiled, ownModule } from '../foundation/root.ts';
import { pendingAsSkipped } from '../report/junit.ts';
import { outcomeOf, type ScenarioOutcome } from '../report/outcome.ts';
import type { Selection } from './acceptance-options.ts';
import { collecting } from './collecting-stream.ts';

export interface FeaturesPlan {
  /** The project's own folder, with steps and support. */
  readonly root: string;
  readonly featuresFolder: string;
  /** Where html, ndjson, junit and rerun files go. */
  readonly reportFolder: string;
  readonly selection: Selection;
}

export interface FeaturesListener {
  started(title: string): void;
  finished(outcome: ScenarioOutcome): void;
}

export interface FeaturesResult {
  readonly outcomes: readonly ScenarioOutcome[];
  /** Scenarios that were to run. */
  readonly selected: number;
  /** Where none was to run: those that fall to other shards. */
  readonly elsewhere: number;
  /** Cucumber's own word; false also for failures outside scenarios. */
  readonly success: boolean;
  /** What failed outside scenarios: hooks of the run, files that don't parse. */
  readonly problems: readonly string[];
  /** What Cucumber says besides: the seed of a random order. */
  readonly notes: readonly string[];
  readonly features: readonly GherkinDocument[];
}

/**
 * Runs the features in this process (or its forks). The one place that drives Cucumber.
 * @throws StampedeError NOTHING_SELECTED for a list of scenarios that is empty
 */
export async function runFeatures(plan: FeaturesPlan, listener: FeaturesListener): Promise<FeaturesResult> {
  const paths = plan.selection.paths.length > 0 ? (await Promise.all(plan.selection.paths.map(async (path) => await listedIn(path, plan.root)))).flat() : [plan.featuresFolder];
  // Without any path Cucumber would take them all.
  if (paths.length === 0) throw new StampedeError('NOTHING_SELECTED', `${plan.selection.paths.join(', ')} lists no scenario`);
  await mkdir(plan.reportFolder, { recursive: true });
  const { runConfiguration } = await loadConfiguration({ file: false, provided: configuration(plan, paths) }, { cwd: plan.root });
  const watch = new Watch(listener);
  try {
    const junit = join(plan.reportFolder, 'junit.xml');
    const { success } = await runCucumber(runConfiguration, { cwd: plan.root, stdout: collecting([]), stderr: watch.stderr }, (envelope) => watch.take(envelope));
    await writeFile(junit, pendingAsSkipped(await readFile(junit, 'utf8')));
    const result = watch.result(success);
    if (result.selected > 0 || plan.selection.shard === undefined) return result;
    return { ...result, elsewhere: (await loadSources(runConfiguration.sources, { cwd: plan.root, stderr: collecting([]) })).plan.length };
  } catch (error) {
    // Where a worker has crashed, formatters of Cucumber fail over the scenario that has no end.
    return watch.result(false, `Cucumber ended with: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** `@file` is a list of paths, as `rerun.txt`, from the project's own folder; Cucumber takes the sign for a part of the file's name. */
async function listedIn(path: string, root: string): Promise<readonly string[]> {
  if (!path.startsWith('@')) return [path];
  const lines = (await readFile(path.slice(1), 'utf8')).split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '').map((line) => resolve(root, line));
}

function configuration({ root, reportFolder, selection }: FeaturesPlan, paths: readonly string[]): Partial<IConfiguration> {
  const report = (name: string): string => relative(root, join(reportFolder, name));
  return {
    // The same as cucumber.mjs has for editors.
    import: [...(isCompiled() ? [] : ['support/register-typescript.mjs']), ownModule('support/*'), ownModule('steps/*')],
    paths: paths.map((path) => relative(root, path) || '.'),
    format: [
      ['html', report('report.html')],
      ['message', report('messages.ndjson')],
      ['junit', report('junit.xml')],
      ['rerun', report('rerun.txt')],
    ],
    formatOptions: { html: { externalAttachments: true } },
    tags: selection.tags,
    name: [...selection.names],
    order: selection.order as 'defined',
    parallel: selection.parallel,
    failFast: selection.failFast,
    // What can't be done here has not failed, and must not end a run that is to end at its first failure.
    strict: false,
    dryRun: selection.dryRun,
    // Cucumber deals scenarios out in turns as they are written, before it puts them in another order.
    ...(selection.shard === undefined ? {} : { shard: `${selection.shard.index}/${selection.shard.count}` }),
  };
}

/** Listens to Cucumber's messages and keeps what a result needs. */
class Watch {
  readonly #query = new Query();
  readonly #listener: FeaturesListener;
  readonly #outcomes: ScenarioOutcome[] = [];
  readonly #problems: string[] = [];
  readonly #features: GherkinDocument[] = [];
  #selected = 0;
  readonly #said: string[] = [];
  /** Cucumber writes parse errors and notes here; they belong to the result. */
  readonly stderr: Writable;

  constructor(listener: FeaturesListener) {
    this.#listener = listener;
    this.stderr = collecting(this.#said);
  }

  take(envelope: Envelope): void {
    this.#query.update(envelope);
    if (envelope.gherkinDocument !== undefined) this.#features.push(envelope.gherkinDocument);
    if (envelope.testCase !== undefined) this.#selected += 1;
    if (envelope.testCaseStarted !== undefined) this.#listener.started(this.#query.findPickleBy(envelope.testCaseStarted)?.name ?? '');
    if (envelope.testRunHookFinished?.result.status === TestStepResultStatus.FAILED) {
      this.#problems.push(envelope.testRunHookFinished.result.message ?? 'a hook of the run failed');
    }
    if (envelope.testCaseFinished === undefined) return;
    const outcome = outcomeOf(this.#query, envelope.testCaseFinished);
    if (outcome === undefined) return;
    this.#outcomes.push(outcome);
    this.#listener.finished(outcome);
  }

  result(success: boolean, problem?: string): FeaturesResult {
    const isProblem = (line: string): boolean => line.startsWith('Parse error');
    return {
      outcomes: this.#outcomes,
      selected: this.#selected,
      elsewhere: 0,
      success,
      problems: [...this.#problems, ...this.#said.filter(isProblem), ...(problem === undefined ? [] : [problem])],
      notes: this.#said.filter((line) => !isProblem(line)),
      features: this.#features,
    };
  }
}
