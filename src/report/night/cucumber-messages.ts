// SPDX-License-Identifier: Apache-2.0
import { generateMessages } from '@cucumber/gherkin';
import { IdGenerator, SourceMediaType, TestStepResultStatus, TimeConversion, version, type Envelope, type Pickle, type TestStepResult, type Timestamp } from '@cucumber/messages';
import { visible } from '../../foundation/visible.ts';
import type { NightSummary } from '../../nightly/summary.ts';
import { cut } from '../timeline/text.ts';
import { suitesOf, type NightCase } from './cases.ts';

const step = 'nothing is broken that is not known';
const longestDetails = 20_000;

interface Position {
  readonly newId: () => string;
  readonly testRunStartedId: string;
  ms: number;
}

/**
 * A night as Cucumber messages, one a line, for what reads those of the features: a feature for each target, a scenario for each strategy, with one step that no file
 * says. Unknown is pending, as everywhere here: it has no verdict. https://github.com/cucumber/messages
 */
export function cucumberMessages(summary: NightSummary): string {
  const position: Position = { newId: IdGenerator.incrementing(), testRunStartedId: 'night', ms: Date.parse(summary.night.startedAt) };
  const features = [...suitesOf(summary)].map(([name, cases]) => ({ cases, sources: sourcesOf(name, cases, position.newId) }));
  const started: Envelope = { testRunStarted: { id: position.testRunStartedId, timestamp: at(position.ms) } };
  const runs = features.flatMap(({ cases, sources }) => {
    const pickles = sources.flatMap(({ pickle }) => pickle ?? []);
    return cases.flatMap((one, index) => runOf(one, pickles[index], position));
  });
  const finished: Envelope = { testRunFinished: { testRunStartedId: position.testRunStartedId, success: summary.exitStatus === 0, timestamp: at(position.ms) } };
  return [metaOf(), ...features.flatMap(({ sources }) => sources), started, ...runs, finished].map((envelope) => `${JSON.stringify(envelope)}\n`).join('');
}

function metaOf(): Envelope {
  return { meta: { protocolVersion: version, implementation: { name: 'stampede' }, runtime: { name: 'node.js', version: process.version }, os: { name: process.platform }, cpu: { name: process.arch } } };
}

/** A name is one line of a feature file, after its keyword, and can't become anything else there. */
function sourcesOf(name: string, cases: readonly NightCase[], newId: () => string): readonly Envelope[] {
  const scenarios = cases.map((one) => `  Scenario: ${one.name}\n    Then ${step}\n`);
  const text = `Feature: ${name.replaceAll(/\s+/g, ' ')}\n\n${scenarios.join('\n')}`;
  return generateMessages(text, `nightly/${encodeURIComponent(visible(name))}.feature`, SourceMediaType.TEXT_X_CUCUMBER_GHERKIN_PLAIN, { includeSource: true, includeGherkinDocument: true, includePickles: true, newId });
}

function runOf(one: NightCase, pickle: Pickle | undefined, position: Position): readonly Envelope[] {
  if (pickle === undefined) throw new TypeError(`${one.name} is a scenario`);
  const [testCaseId, testStepId, testCaseStartedId] = [position.newId(), position.newId(), position.newId()];
  const [from, to] = [at(position.ms), at(position.ms + one.durationMs)];
  position.ms += one.durationMs;
  const steps = pickle.steps.map(({ id }) => ({ id: testStepId, pickleStepId: id, stepDefinitionIds: [], stepMatchArgumentsLists: [] }));
  return [
    { testCase: { id: testCaseId, pickleId: pickle.id, testSteps: steps, testRunStartedId: position.testRunStartedId } },
    { testCaseStarted: { id: testCaseStartedId, testCaseId, attempt: 0, timestamp: from } },
    { testStepStarted: { testCaseStartedId, testStepId, timestamp: from } },
    { testStepFinished: { testCaseStartedId, testStepId, testStepResult: resultOf(one), timestamp: to } },
    { testCaseFinished: { testCaseStartedId, willBeRetried: false, timestamp: to } },
  ];
}

const results = { passed: TestStepResultStatus.PASSED, failed: TestStepResultStatus.FAILED, unknown: TestStepResultStatus.PENDING, skipped: TestStepResultStatus.SKIPPED } as const;

function resultOf({ outcome, message, details, durationMs }: NightCase): TestStepResult {
  const text = cut([message, details].filter((part) => part !== '').join('\n\n'), longestDetails);
  const exception = outcome === 'failed' ? { exception: { type: 'broken', message, stackTrace: text } } : {};
  return { status: results[outcome], duration: TimeConversion.millisecondsToDuration(durationMs), ...(outcome === 'passed' ? {} : { message: text }), ...exception };
}

function at(ms: number): Timestamp {
  return TimeConversion.millisecondsSinceEpochToTimestamp(ms);
}
