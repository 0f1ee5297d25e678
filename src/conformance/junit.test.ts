// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { readJunit } from './junit.ts';
import { tallyLine } from './tally.ts';

const report = `<testsuites time="1.7" tests="12" failures="3" skipped="2" disabled="1">
  <testsuite name="all" tests="12" failures="3" errors="0">
    <testcase name="all/ping" classname="" time="0.0" status="passed"><system-err>&lt;fine&gt;</system-err></testcase>
    <testcase name="all/sha512/&#34;get&#34;" classname="" time="0.0" status="failure">
      <system-out>expected 200, received 400&#xA;</system-out>
      <system-err>GET /v2/</system-err>
    </testcase>
    <testcase name="all/sha512/mute" classname="" time="0.0" status="failure">
    </testcase>
    <testcase name="all/mount" classname="" time="0.0" status="skipped"></testcase>
  </testsuite>
</testsuites>`;

it('counts as the totals do, and names what failed with its reason', () => {
  const tally = readJunit(report);
  expect(tally).toEqual({ passed: 6, failed: 3, skipped: 3, failures: ['all/sha512/"get": expected 200, received 400', 'all/sha512/mute: it gave no reason'] });
  expect(tallyLine(tally)).toBe('6 passed, 3 failed, 3 skipped');
});

it('reads a report in which nothing failed: the program leaves out what is nothing', () => {
  expect(readJunit('<testsuites time="2.6" tests="858" skipped="4" disabled="2"></testsuites>')).toEqual({ passed: 852, failed: 0, skipped: 6, failures: [] });
});

it.each(['', '<html></html>'])('%j is no report', (text) => {
  expect(() => readJunit(text)).toThrow(expect.objectContaining({ code: 'TOOL_MISSING' }) as Error);
});
