// SPDX-License-Identifier: Apache-2.0
import { describeError, StampedeError } from '../foundation/errors.ts';

/** What a person may want to do on this machine. */
export const undertakings = ['acceptance', 'acceptance:containers', 'explore', 'explore with file calls', 'matrix', 'crash:cache'] as const;
export type Undertaking = (typeof undertakings)[number];

/** What one probe found. */
export interface Check {
  readonly name: string;
  /** `limited`: it is there, but less than one could wish. */
  readonly state: 'ok' | 'limited' | 'missing';
  readonly found: string;
  /** For the user; absent where all is well. */
  readonly means?: string;
  readonly remedy?: string;
  /** What can't be done by that. */
  readonly stops?: readonly Undertaking[];
  /** What can be done, but in part: verdicts would be unknown, or places are left out. */
  readonly blurs?: readonly Undertaking[];
}

/** Everything that starts a stage. */
export const onStage: readonly Undertaking[] = ['acceptance', 'acceptance:containers', 'explore', 'explore with file calls', 'matrix'];
/** What runs the validator of the user's choice; the others are about the one that comes with the project. */
export const ofSubject: readonly Undertaking[] = ['acceptance', 'acceptance:containers', 'explore', 'explore with file calls'];

/** A check that is missing for the reason that an error gives; its hint is what to do. */
export function missing(name: string, error: unknown, rest: Pick<Check, 'means' | 'stops' | 'blurs'>): Check {
  const isOurs = error instanceof StampedeError;
  const found = isOurs ? error.message : describeError(error);
  return { name, state: 'missing', found, ...rest, ...(isOurs && error.hint !== undefined ? { remedy: error.hint } : {}) };
}

export interface Outlook {
  readonly undertaking: Undertaking;
  readonly state: 'works' | 'in part' | 'does not work';
  /** Names of the checks that are to blame. */
  readonly because: readonly string[];
}

/** What will work, judged by the checks alone. */
export function outlookOf(checks: readonly Check[]): readonly Outlook[] {
  return undertakings.map((undertaking) => {
    const namesOf = (blamed: readonly Check[]): readonly string[] => blamed.map(({ name }) => name);
    const stopping = namesOf(checks.filter(({ stops = [] }) => stops.includes(undertaking)));
    const blurring = namesOf(checks.filter(({ blurs = [] }) => blurs.includes(undertaking)));
    if (stopping.length > 0) return { undertaking, state: 'does not work', because: stopping };
    return blurring.length > 0 ? { undertaking, state: 'in part', because: blurring } : { undertaking, state: 'works', because: [] };
  });
}
