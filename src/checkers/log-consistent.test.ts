// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { EventBody } from '../history/event.ts';
import { logConsistent } from './log-consistent.ts';
import { historyOf } from './test-history.ts';

const entry = (problem: string | null = null): EventBody => ({ kind: 'log-entry-seen', uuid: 'a1', logIndex: 0, problem });
const looked = (answered = true, problem: string | null = null): EventBody => ({ kind: 'log-looked-at', entries: 1, answered, problem });

describe('log-consistent', () => {
  it('held when every entry and the tree verify', () => {
    expect(logConsistent.check(historyOf(entry(), looked()))).toEqual({ verdict: 'held' });
  });

  it('broken by an entry, or by the tree, with what shows it', () => {
    expect(logConsistent.check(historyOf(entry(), entry('reads back as another'), looked()))).toEqual({ verdict: 'broken', sentence: 'reads back as another', events: [1] });
    expect(logConsistent.check(historyOf(looked(true, 'signs another tree')))).toMatchObject({ verdict: 'broken', events: [0] });
  });

  it('broken also when the log fell silent after a lie', () => {
    expect(logConsistent.check(historyOf(entry('lies'), looked(false))).verdict).toBe('broken');
  });

  it.each([
    ['nobody looked', historyOf(entry())],
    ['the log did not answer', historyOf(entry(), looked(false))],
    ['nothing was logged', historyOf(looked())],
  ])('unknown when %s', (_what, history) => {
    expect(logConsistent.check(history).verdict).toBe('unknown');
  });
});
