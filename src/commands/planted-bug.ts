// SPDX-License-Identifier: Apache-2.0
import type { Settings } from '../config.ts';
import { knownSchedules } from '../explore/known-schedules.ts';
import { StampedeError } from '../foundation/errors.ts';
import type { ReferenceVariant } from '../reference-build.ts';
import type { Subject } from '../validator/subject.ts';

/** Only a test build can be given a bug. */
export function variantFor({ plantedBug }: Pick<Settings, 'plantedBug'>): ReferenceVariant {
  return plantedBug === undefined ? 'release' : 'test';
}

/** @throws StampedeError CONFIG_INVALID for a bug that nobody knows, with those that are known */
export function requireKnownBug(name: string): void {
  const names = Object.keys(knownSchedules);
  if (names.includes(name)) return;
  throw new StampedeError('CONFIG_INVALID', `no bug is known as ${JSON.stringify(name)}; there are:\n  ${names.join('\n  ')}`, { hint: 'npm run reference -- --list-planted-bugs says what each is' });
}

/** @throws StampedeError CONFIG_INVALID for a bug that nobody knows, and for a validator that was not made here */
export function requirePlantable({ plantedBug, binary }: Pick<Settings, 'plantedBug' | 'binary'>, subject: Subject): void {
  if (plantedBug === undefined) return;
  requireKnownBug(plantedBug);
  if (subject.program.kind === 'built' && binary === undefined) return;
  throw new StampedeError('CONFIG_INVALID', `no bug can be planted in ${binary ?? subject.name}: only the reference validator can be given one`, { hint: 'leave out --subject and --binary' });
}
