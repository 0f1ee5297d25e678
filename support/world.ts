// SPDX-License-Identifier: Apache-2.0
import { setWorldConstructor, World } from '@cucumber/cucumber';
import type { DataTable } from '@cucumber/cucumber';
import { StampedeError } from '../src/foundation/errors.ts';
import { readExamples } from '../src/scenario/examples.ts';
import { expectExitStatus, expectLogFailureTold, expectHeld, expectLogLine, expectOutput, expectSnapshots, outputOf, readNamedFile, type Stream } from '../src/scenario/expectations.ts';
import { addLabels, attest, publishPolicies, setVariable, sign, storePolicyObject, writeNamedFile } from '../src/scenario/fixtures.ts';
import { compareWithReference } from '../src/scenario/reference-run.ts';
import type { ScenarioRun } from '../src/scenario/scenario-run.ts';
import { expectConsistentLog, makeLogFail } from '../src/scenario/log-faults.ts';
import { expectLaterRun } from '../src/scenario/later-run.ts';
import { alone } from '../src/scenario/meeting.ts';
import { documentBelow, rowsOf } from '../src/scenario/step-input.ts';
import { lastRun, validate } from '../src/scenario/validate.ts';
import { validateAmplified } from '../src/explore/amplify.ts';
import { validateAsTold, validateUnder, type ToldGathering } from '../src/explore/gathering.ts';
import type { Logging, Provenance } from '../src/scenario/signing.ts';
import type { LogFaultRule } from '../src/faults/log-door.ts';
import { outcomesAgree } from '../src/checkers/outcomes-agree.ts';
import { ArtifactWords } from './artifacts.ts';
import { verdicts, type VerdictName } from './verdicts.ts';

/** Where a file goes, and which example it is. */
const placements = { target: 'filled', source: 'filled' } as const;

/** One per scenario: the words of the steps as calls. What they do is written in `src/scenario`. */
export class StampedeWorld extends World {
  #scenario: ScenarioRun | undefined;

  /** Set by the first hook, before any step. */
  open(scenario: ScenarioRun): void {
    this.#scenario = scenario;
  }

  get isOpen(): boolean {
    return this.#scenario !== undefined;
  }

  get scenario(): ScenarioRun {
    if (this.#scenario === undefined) throw new StampedeError('STEP_OUT_OF_ORDER', 'the scenario was not opened');
    return this.#scenario;
  }

  get artifacts(): ArtifactWords {
    return new ArtifactWords(this.scenario);
  }

  async haveKeyPair(name: string): Promise<void> {
    await this.scenario.keys.make(name);
  }

  async haveImage(name: string): Promise<void> {
    await this.scenario.images.pushImage(name);
  }

  async haveImageWithFiles(name: string, table: DataTable): Promise<void> {
    await this.scenario.images.pushImage(name, await readExamples(this.scenario.context.examplesFolder, rowsOf(table, placements)));
  }

  async haveLabels(name: string, table: DataTable): Promise<void> {
    await addLabels(this.scenario, name, rowsOf(table, { label: 'filled', value: 'any' }).map(({ label, value }) => [label, value]));
  }

  async haveBundles(count: number, name: string, keyName: string): Promise<void> {
    const images = await this.scenario.images.pushBundles(name, count);
    // All at once: a log takes its time for each entry, and many entries at a time.
    await Promise.all(images.map(async (image) => await this.#haveTrusted(image.name, keyName)));
  }

  async haveBundleOfEqualSizes(name: string, keyName: string): Promise<void> {
    const image = await this.scenario.images.pushPlainBundle(name);
    await this.#haveTrusted(image.name, keyName);
  }

  async #haveTrusted(image: string, keyName: string): Promise<void> {
    await Promise.all([this.haveSignature(image, keyName), this.haveAttestation(image, keyName)]);
  }

  async haveSignature(image: string, keyName: string, logging: Logging = 'bundled'): Promise<void> {
    await sign(this.scenario, image, { keyName, logging });
  }

  async haveAttestation(image: string, keyName: string, provenance: Provenance = 'slsa-v0.2', logging: Logging = 'bundled'): Promise<void> {
    await attest(this.scenario, image, { keyName, provenance, logging });
  }

  async haveRepository(name: string, table: DataTable): Promise<void> {
    await publishPolicies(this.scenario, name, rowsOf(table, placements));
  }

  async havePolicy(name: string, specification: string): Promise<void> {
    await storePolicyObject(this.scenario, { resource: 'enterprisecontractpolicies', name }, documentBelow(specification, 'the specification, JSON or YAML,'));
  }

  async haveSnapshotObject(name: string, specification: string): Promise<void> {
    await storePolicyObject(this.scenario, { resource: 'snapshots', name }, documentBelow(specification, 'the specification, JSON or YAML,'));
  }

  async haveFile(name: string, content: string): Promise<void> {
    await writeNamedFile(this.scenario, name, documentBelow(content, "the file's content"));
  }

  async haveFailingLog(rule: LogFaultRule): Promise<void> {
    await makeLogFail(this.scenario, rule);
  }

  async haveVariable(line: string): Promise<void> {
    await setVariable(this.scenario, line);
  }

  async run(line: string): Promise<void> {
    const { amplify } = this.scenario.context;
    if (amplify === undefined) await validate(this.scenario, { line, processes: 1, meeting: alone });
    else await validateAmplified(this.scenario, { line, times: amplify });
  }

  /** `schedule`: its name, as `npm run explore -- --list` has them. */
  async runTogether(line: string, processes: number, schedule: string): Promise<void> {
    await validateUnder(this.scenario, { line, processes, schedule });
  }

  async runAsTold(line: string, told: Omit<ToldGathering, 'line'>): Promise<void> {
    await validateAsTold(this.scenario, { line, ...told });
  }

  async expectStatus(status: number): Promise<void> {
    await expectExitStatus(this.scenario, status);
  }

  async expectContains(stream: Stream, expected: string): Promise<void> {
    await expectOutput(this.scenario, stream, documentBelow(expected, 'what the output should contain'));
  }

  async expectLog(expected: string): Promise<void> {
    await expectLogLine(this.scenario, expected);
  }

  async expectOutputSnapshot(): Promise<void> {
    const streams = ['stdout', 'stderr'] as const;
    await expectSnapshots(this.scenario, await Promise.all(streams.map(async (stream) => [stream, await outputOf(this.scenario, stream)] as const)));
  }

  async expectEachOutputSnapshot(): Promise<void> {
    const { results } = lastRun(this.scenario);
    const texts = results.map(async (_, index) => [`${results[index]?.participant ?? ''} stdout`, await outputOf(this.scenario, 'stdout', index)] as const);
    await expectSnapshots(this.scenario, await Promise.all(texts));
  }

  async expectFileSnapshot(name: string): Promise<void> {
    await expectSnapshots(this.scenario, [[name, await readNamedFile(this.scenario, name)]]);
  }

  /** @throws StampedeError VERDICT_BROKEN, VERDICT_UNKNOWN */
  expectVerdict(name: VerdictName): void {
    expectHeld(this.scenario, verdicts[name]);
  }

  async expectLaterRun(...besides: readonly VerdictName[]): Promise<void> {
    await expectLaterRun(this.scenario, besides.map((name) => verdicts[name]));
  }

  async expectConsistentLog(): Promise<void> {
    await expectConsistentLog(this.scenario);
  }

  /** Those that the log refused say so, the others succeed. */
  async expectLogFailureTold(expected: string): Promise<void> {
    await expectLogFailureTold(this.scenario, expected);
  }

  async expectOutcomesAgree(): Promise<void> {
    await compareWithReference(lastRun(this.scenario), await this.scenario.values.forSnapshots());
    expectHeld(this.scenario, outcomesAgree);
  }
}

setWorldConstructor(StampedeWorld);
