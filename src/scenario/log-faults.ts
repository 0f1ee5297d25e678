// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { judge } from '../checkers/checker.ts';
import { logConsistent } from '../checkers/log-consistent.ts';
import { StampedeError } from '../foundation/errors.ts';
import { openLogDoor, type LogDoor, type LogFaultRule } from '../faults/log-door.ts';
import { lookAtLog } from './observe-log.ts';
import type { ScenarioRun } from './scenario-run.ts';
import { lastRun } from './validate.ts';
import { failureOf } from './verdict-failure.ts';

/**
 * From now on `${REKOR}` leads to a log that fails; what the scenario itself logs still goes to the real one.
 * @throws StampedeError STEP_OUT_OF_ORDER when it was told already
 */
export async function makeLogFail(scenario: ScenarioRun, rule: LogFaultRule): Promise<void> {
  if (scenario.log.door?.isFailing === true) throw new StampedeError('STEP_OUT_OF_ORDER', 'the log was told already how to fail', { hint: 'one such step a scenario' });
  (await logDoorOf(scenario)).fail(rule);
}

/** The door before the log; from now on `${REKOR}` leads there. */
export async function logDoorOf(scenario: ScenarioRun): Promise<LogDoor> {
  if (scenario.log.door !== undefined) return scenario.log.door;
  const door = scenario.resources.own('log door', await openLogDoor({ upstream: scenario.context.addresses.rekorUrl }));
  scenario.log.door = door;
  scenario.values.set('REKOR', door.url);
  return door;
}

/**
 * Looks at the log as it is now and judges it, in the history of the last run.
 * @throws StampedeError VERDICT_BROKEN, VERDICT_UNKNOWN, STEP_OUT_OF_ORDER
 */
export async function expectConsistentLog(scenario: ScenarioRun): Promise<void> {
  const { recorder, settings } = lastRun(scenario);
  const publicKeyPem = await readFile(scenario.context.addresses.rekorPublicKeyFile, 'utf8');
  await lookAtLog({ client: scenario.log.client, publicKeyPem, posted: scenario.signer.posted(), recorder });
  const failure = failureOf(judge(logConsistent, recorder.events()), settings.folder);
  if (failure !== undefined) throw failure;
}
