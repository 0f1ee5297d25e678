// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { erredOutput, testOutput } from './tekton-result.ts';
import { busyNight, findingOf, hostileNight, hugeNight, quietNight } from './test-nights.ts';

const at = new Date('2026-11-27T06:00:00.123Z');

describe('TEST_OUTPUT', () => {
  it('is SUCCESS where all that was run held', () => {
    expect(testOutput([quietNight()], 0, at)).toEqual({ result: 'SUCCESS', timestamp: '2026-11-27T06:00:00+00:00', namespace: 'default', successes: 3000, failures: 0, warnings: 0, note: 'night smoke-4f2a91c0 held: 0 in 3000: below 0.1 % at 95 %' });
  });

  it('is FAILURE with the runs that nobody excuses, and counts each run once', () => {
    const night = busyNight();
    const output = testOutput([night], 1, at);
    // Four of the findings fail, with three broken runs each.
    expect(output).toMatchObject({ result: 'FAILURE', successes: 9310, failures: 12, warnings: 61 - 12 + 603 + 26 });
  });

  it('is WARNING where what is broken is known, or a few runs are unknown', () => {
    const counts = { held: 10, broken: 3, unknown: 0, harness: 0 };
    expect(testOutput([quietNight({ counts, findings: [findingOf('known')] })], 0, at)).toMatchObject({ result: 'WARNING', successes: 10, failures: 0, warnings: 3 });
    expect(testOutput([quietNight({ counts: { ...counts, broken: 0, unknown: 1 } })], 0, at)).toMatchObject({ result: 'WARNING', warnings: 1 });
  });

  it.each([[3, 'unknown'], [4, 'a report that could not be written']])('is ERROR for exit status %d, %s, whatever the night says', (status) => {
    expect(testOutput([quietNight()], status, at).result).toBe('ERROR');
  });

  it('is ERROR where nothing was told', () => {
    expect(testOutput([], 0, at).result).toBe('ERROR');
    expect(erredOutput('DISK_FULL: no room\n  try: make room', at)).toMatchObject({ result: 'ERROR', successes: 0, note: 'DISK_FULL: no room try: make room' });
  });

  it('adds up the nights of a merge', () => {
    expect(testOutput([quietNight(), quietNight()], 0, at).successes).toBe(6000);
  });

  it.each([['a huge night', hugeNight()], ['hostile text', hostileNight('\u0000\u001b[31m\u202e漢字🙂\n"\\'.repeat(100))]])('is one short line for %s', (_, night) => {
    const text = JSON.stringify(testOutput([night], 1, at));
    expect(text).not.toMatch(/[\u0000-\u001f\u202e]/);
    expect(Buffer.byteLength(text)).toBeLessThan(2048);
  });
});
