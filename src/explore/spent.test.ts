// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { Event } from '../history/event.ts';
import { runningMs } from './spent.ts';

const at = (kind: string, at: number): Event => ({ kind, at, index: 0 }) as unknown as Event;

it.each([
  ['nobody', [], 0],
  ['one after the other', [at('validator-started', 5), at('validator-exited', 15), at('validator-started', 20), at('validator-exited', 21)], 11],
  ['two at once', [at('validator-started', 5), at('validator-started', 7), at('validator-exited', 9), at('request', 10), at('validator-exited', 25)], 20],
  ['one that has no end', [at('validator-started', 5), at('request', 10)], 5],
])('time of validators: %s', (_what, history, ms) => expect(runningMs(history)).toBe(ms));
