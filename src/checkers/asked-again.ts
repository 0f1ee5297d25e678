// SPDX-License-Identifier: Apache-2.0
import { eventsOf } from '../history/event.ts';
import { held, type Checker } from './checker.ts';

/** A download that failed is not remembered: who needs the layer later asks for it again. */
export const askedAgain: Checker = {
  name: 'asked-again',
  check(history) {
    const [struck] = eventsOf(history, 'fault-struck');
    const later = eventsOf(history, 'gate-opened').find(({ gate, reason }) => gate === 'others' && reason === 'condition');
    if (struck === undefined || later === undefined) return { verdict: 'unknown', reason: 'nobody came after a download that had failed' };
    const requests = eventsOf(history, 'request');
    const failed = requests.find(({ request }) => request === struck.request)?.target.reference;
    if (requests.some(({ index, target }) => index > struck.index && target.reference === failed)) return held;
    return { verdict: 'broken', sentence: `${failed ?? 'a layer'} was not asked for again after its download had met ${struck.fault}`, events: [struck.index] };
  },
};
