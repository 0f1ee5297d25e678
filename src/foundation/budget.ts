// SPDX-License-Identifier: Apache-2.0
import { machineMs } from './clock.ts';
import { durationOf } from './command-words.ts';

/** Time after which nothing new is begun; what has begun comes to its end. It runs from the moment it is made. */
export class Budget {
  /** As it was given, with its flag; undefined: there is no end to it. */
  readonly words: string | undefined;
  /** By `machineMs`, so that other processes can look at it. */
  readonly endsAtMs: number | undefined;

  /** @throws StampedeError CONFIG_INVALID */
  constructor(given: string | undefined) {
    this.words = given === undefined ? undefined : `--budget ${given}`;
    this.endsAtMs = given === undefined ? undefined : machineMs() + durationOf(given);
  }

  get isUsedUp(): boolean {
    return isOver(this.endsAtMs);
  }
}

/** Whether a moment of `machineMs` has come. */
export function isOver(endsAtMs: number | undefined): boolean {
  return endsAtMs !== undefined && machineMs() >= endsAtMs;
}
