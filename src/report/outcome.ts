// SPDX-License-Identifier: Apache-2.0
import type { Query } from '@cucumber/query';
import { TestStepResultStatus, TimeConversion } from '@cucumber/messages';
import type { TestCaseFinished, TestCaseStarted, TestStep, TestStepFinished } from '@cucumber/messages';
import { isFinding } from '../foundation/errors.ts';

/** How a scenario ended, with the harness's own failures kept apart from the validator's, and what can't be done here from both. */
export type ScenarioVerdict = 'held' | 'broken' | 'unknown' | 'harness' | 'pending' | 'skipped';

/** What a failed scenario attaches, so that a person can look and repeat. */
export interface Artifacts {
  /** Folder with plans, histories, outputs and service logs. */
  readonly folder: string;
  /** The validator's commands as they were run, quoted for a shell. */
  readonly commands: readonly string[];
  /** A page to look at, or why there is none; absent where no validator was run. */
  readonly picture?: string;
}

/** Of what a step says by Cucumber's `log`. */
const logMediaType = 'text/x.cucumber.log+plain';

export const artifactsMediaType = 'application/vnd.stampede.artifacts+json';

export interface ScenarioFailure {
  readonly step: string;
  /** `features/x.feature:12` */
  readonly at: string;
  /** `steps/x.steps.ts:34`, where the step or hook is written. */
  readonly definition: string | undefined;
  readonly message: string;
}

export interface ScenarioOutcome {
  readonly title: string;
  readonly feature: string;
  readonly at: string;
  readonly verdict: ScenarioVerdict;
  readonly durationMs: number;
  readonly failures: readonly ScenarioFailure[];
  readonly artifacts: Artifacts | undefined;
}

/** Reads how one scenario ended from Cucumber's messages. */
export function outcomeOf(query: Query, finished: TestCaseFinished): ScenarioOutcome | undefined {
  const started = query.findAllTestCaseStarted().find(({ id }) => id === finished.testCaseStartedId);
  const pickle = query.findPickleBy(finished);
  if (started === undefined || pickle === undefined) return undefined;
  const feature = query.findLineageBy(pickle)?.feature?.name ?? pickle.uri;
  const at = `${pickle.uri}:${query.findLocationOf(pickle)?.line ?? 0}`;
  const failures = pickle.steps.length === 0 ? [emptyScenario(at)] : failuresOf(query, started, at);
  const duration = query.findTestCaseDurationBy(finished);
  return {
    title: pickle.name,
    feature,
    at,
    verdict: wasSkipped(query, started) ? 'skipped' : verdictOf(failures),
    durationMs: duration === undefined ? 0 : TimeConversion.durationToMilliseconds(duration),
    failures,
    artifacts: artifactsOf(query, started),
  };
}

/** Gherkin takes lines with a mistyped keyword for a description; what is left without steps must not pass. */
function emptyScenario(at: string): ScenarioFailure {
  return { step: 'none', at, definition: undefined, message: 'SCENARIO_EMPTY: there is no step in it\n  try: look for a mistyped keyword' };
}

type Finished = readonly [TestStepFinished, TestStep];

/** Steps after the first failure were skipped: they say nothing. */
const quiet: ReadonlySet<TestStepResultStatus> = new Set([TestStepResultStatus.PASSED, TestStepResultStatus.SKIPPED]);

function failuresOf(query: Query, started: TestCaseStarted, at: string): readonly ScenarioFailure[] {
  const finished = query.findTestStepFinishedAndTestStepBy(started);
  return finished.filter(([{ testStepResult }]) => !quiet.has(testStepResult.status)).map((step) => failureOf(query, step, at));
}

function failureOf(query: Query, [finished, testStep]: Finished, scenarioAt: string): ScenarioFailure {
  const pickleStep = query.findPickleStepBy(testStep);
  const step = pickleStep === undefined ? undefined : query.findStepBy(pickleStep);
  const written = step === undefined ? query.findHookBy(testStep) : query.findUnambiguousStepDefinitionBy(testStep);
  const source = written?.sourceReference;
  return {
    step: step === undefined ? (query.findHookBy(testStep)?.name ?? 'a hook') : `${step.keyword}${pickleStep?.text ?? ''}`,
    at: step === undefined ? scenarioAt : scenarioAt.replace(/\d+$/, String(step.location.line)),
    definition: source?.uri === undefined ? undefined : `${source.uri}:${source.location?.line ?? 0}`,
    message: messageOf(query, finished),
  };
}

function messageOf(query: Query, finished: TestStepFinished): string {
  const { testStepResult } = finished;
  switch (testStepResult.status) {
    case TestStepResultStatus.UNDEFINED:
      return 'STEP_UNDEFINED: no step is written for these words';
    case TestStepResultStatus.AMBIGUOUS:
      return `STEP_AMBIGUOUS: several steps match\n${testStepResult.message ?? ''}`;
    case TestStepResultStatus.PENDING:
      return `STEP_PENDING: ${reasonOf(query, finished) ?? 'this step can not be done here'}`;
    default:
      return testStepResult.exception?.message ?? testStepResult.message ?? 'failed without a message';
  }
}

/** What the step has said before it left off. */
function reasonOf(query: Query, finished: TestStepFinished): string | undefined {
  return query.findAttachmentsBy(finished).find(({ mediaType }) => mediaType === logMediaType)?.body;
}

/** As after a first failure with --fail-fast, and in a dry run: it says nothing, so it has not held. */
function wasSkipped(query: Query, started: TestCaseStarted): boolean {
  return String(query.findMostSevereTestStepResultBy(started)?.status) === 'SKIPPED';
}

const verdictsByCode: Readonly<Record<string, ScenarioVerdict>> = { VERDICT_UNKNOWN: 'unknown', STEP_PENDING: 'pending' };

function verdictOf(failures: readonly ScenarioFailure[]): ScenarioVerdict {
  const codes = failures.map(({ message }) => /^[A-Z_]+(?=:)/.exec(message)?.[0] ?? '');
  if (codes.length === 0) return 'held';
  if (codes.some(isFinding)) return 'broken';
  const known = new Set(codes.map((code) => verdictsByCode[code] ?? 'harness'));
  return (['harness', 'unknown', 'pending'] as const).find((verdict) => known.has(verdict)) ?? 'harness';
}

function artifactsOf(query: Query, started: TestCaseStarted): Artifacts | undefined {
  const attachments = query.findTestStepFinishedAndTestStepBy(started).flatMap(([finished]) => query.findAttachmentsBy(finished));
  const found = attachments.find(({ mediaType }) => mediaType === artifactsMediaType);
  if (found === undefined) return undefined;
  const encoding = String(found.contentEncoding) === 'BASE64' ? 'base64' : 'utf8';
  return JSON.parse(Buffer.from(found.body, encoding).toString('utf8')) as Artifacts;
}
