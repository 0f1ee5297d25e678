// SPDX-License-Identifier: Apache-2.0
import { readUntrusted } from '../foundation/untrusted-file.ts';
import { StampedeError } from '../foundation/errors.ts';
import { visible } from '../foundation/visible.ts';
import type { Expectation, SerialRun } from '../explore/expectation.ts';
import { symptomWords, type Report } from './report.ts';
import { seenAlone } from './symptom.ts';

/**
 * Whether there is anything to look for: a symptom that shows when nothing else goes on needs no race, and who fails then can't be told from one that fails because of one.
 * @throws StampedeError SUBJECT_FAILS
 */
export async function requireQuietAlone({ symptom }: Report, { serialRuns, serialDefects }: Pick<Expectation, 'serialRuns' | 'serialDefects'>): Promise<void> {
  const shown = await seenAlone(symptom, serialRuns);
  if (shown !== undefined) {
    throw new StampedeError('SUBJECT_FAILS', `no race is needed for it: ${symptomWords(symptom)} also when ${shown.participant} runs alone, ${momentWords(shown)}`, {
      hint: 'name a symptom that only parallel runs show, or report this one as it is',
    });
  }
  const [defect] = serialDefects;
  if (symptom.differsFromSerial !== undefined && defect !== undefined) throw new StampedeError('SUBJECT_FAILS', `no race is needed for it: ${defect}`, { hint: 'a defect of serial runs comes first' });
  const failed = serialRuns.find(({ result: { exitCode } }) => exitCode !== 0);
  if (failed === undefined) return;
  throw new StampedeError('SUBJECT_FAILS', `it fails even when it is alone: ${failed.participant} ${endingOf(failed)}, ${momentWords(failed)}${await lastWords(failed)}`, {
    hint: 'make it succeed alone first: binary, flags, and what the subject file says of its arguments; a deadline that is too short is deadlineMs',
  });
}

function endingOf({ result: { ending, exitCode, signal } }: SerialRun): string {
  if (ending === 'deadline') return 'does not end within its deadline';
  return exitCode === null ? `is ended by ${signal ?? 'a signal'}` : `ends with status ${exitCode}`;
}

function momentWords({ moment }: SerialRun): string {
  return moment === 'without-cache' ? 'without a cache' : `on a ${moment.startsWith('cold') ? 'cold' : 'warm'} cache`;
}

async function lastWords({ result }: SerialRun): Promise<string> {
  const said = await readUntrusted({ path: result.stderrFile, limitBytes: 64 * 1024 * 1024 }).catch(() => Buffer.alloc(0));
  const last = said.toString('utf8').trim().split('\n').at(-1) ?? '';
  return last === '' ? '' : `, and says ${JSON.stringify(visible(last).slice(0, 200))}`;
}
