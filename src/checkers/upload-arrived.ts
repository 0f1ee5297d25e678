// SPDX-License-Identifier: Apache-2.0
import { eventsOf } from '../history/event.ts';
import { held, type Checker } from './checker.ts';

/** Entries that carry an attestation. */
const attestation = /^(?:intoto|dsse) /;

/**
 * The log took an attestation from each validator that came to a good end, or one at least. Asked for by a step: who ends well
 * and has sent nothing is found by nothing else.
 */
export const uploadArrived: Checker = {
  name: 'upload-arrived',
  check(history) {
    const isExpected = eventsOf(history, 'log-told').some(({ answer }) => answer === 'upload-accepted');
    if (!isExpected) return { verdict: 'unknown', reason: 'no upload to the log was expected' };
    const uploads = eventsOf(history, 'log-asked').filter(({ outcome }) => outcome === 'upload-accepted');
    const taken = uploads.filter(({ entry = '', status }) => status === 201 && attestation.test(entry));
    const wanted = Math.max(1, eventsOf(history, 'validator-exited').filter(({ exitCode }) => exitCode === 0).length);
    if (taken.length >= wanted) return held;
    const others = uploads.filter((upload) => !taken.includes(upload));
    const each = others.map(({ entry, status }) => `${entry || 'what is no entry'}, answered ${status ?? 0}`);
    const sentence = `the log was to get ${wanted === 1 ? 'an attestation' : `${wanted} attestations`} and took ${taken.length}${each.length === 0 ? '; nothing else was sent' : `; besides it was sent ${each.join(', ')}`}`;
    return { verdict: 'broken', sentence, events: uploads.map(({ index }) => index) };
  },
};
