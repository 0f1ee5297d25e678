// SPDX-License-Identifier: Apache-2.0
import { eventsOf } from '../history/event.ts';
import { held, type Checker } from './checker.ts';

/** While one stood at the gate `leader` for what nobody else needs, the others came to their end: none waited for it. */
export const notDelayed: Checker = {
  name: 'not-delayed',
  check(history) {
    const opening = eventsOf(history, 'gate-opened').find(({ gate }) => gate === 'leader');
    if (opening?.reason !== 'condition') return { verdict: 'unknown', reason: 'nobody stood anywhere for the others to pass' };
    const { waiting = [], index } = opening;
    if (waiting.length === 0) return held;
    return { verdict: 'broken', sentence: `${waiting.join(', ')} waited for a process from which nothing was needed`, events: [index] };
  },
};
