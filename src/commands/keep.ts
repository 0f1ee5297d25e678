// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunContext } from '../config.ts';
import { openDoor } from '../faults/door.ts';
import { createGateKeeper } from '../faults/gate-keeper.ts';
import { openRecorder } from '../history/recorder.ts';
import type { TerminalReport } from '../report/terminal.ts';
import { registryHost } from '../scenario/environment.ts';
import { lastValidatorFile } from '../scenario/validate.ts';
import { describeStage } from '../stage/describe.ts';
import { readDoorCertificate } from '../stage/registry-security.ts';

/**
 * Leaves the stage up until Ctrl-C with one open door, and says where everything is and how to run the last
 * validator again. The signal itself is handled by the command, which then cleans up.
 */
export async function keepStage(context: RunContext, report: TerminalReport): Promise<never> {
  const recorder = openRecorder(join(context.runFolder, 'kept.ndjson'));
  const gates = createGateKeeper([], { participants: [], recorder });
  const { registryUrl, registrySecrets } = context.addresses;
  const certificate = await readDoorCertificate(registrySecrets);
  const door = await openDoor({ participant: 'by-hand', upstream: registryUrl, hosts: [registryHost], recorder, gates, ...(certificate === undefined ? {} : { certificate }) });
  report.line(`\n${describeStage(context.addresses)}`);
  report.line(`scenario folders, caches (home/.cache) and keys: ${join(context.sessionFolder, 'scenarios')}`);
  const file = join(context.runFolder, lastValidatorFile);
  const script = await readFile(file, 'utf8').catch(() => undefined);
  if (script !== undefined) report.line(`\nthe last validator, to run again:\n  DOOR=${door.url} sh ${file}\n\n${script}`);
  report.line('the stage stays up until Ctrl-C');
  // The services keep the process alive; the interruption's own clean-up ends it.
  return await new Promise<never>(() => undefined);
}
