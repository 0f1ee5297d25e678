// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { pendingAsSkipped } from './junit.ts';

const testCase = (inner: string, steps: readonly string[]): string => `  <testcase classname="f" name="n" time="0.1">\n${inner}    <system-out><![CDATA[${steps.join('\n')}]]></system-out>\n  </testcase>\n`;
const report = (head: string, ...cases: readonly string[]): string => `<?xml version="1.0"?>\n<testsuite name="Cucumber" time="1" ${head} errors="0">\n${cases.join('')}</testsuite>`;
const passed = testCase('', ['Given a.....passed']);
const undefinedCase = testCase('    <failure/>\n', ['Given a.....undefined', 'Then b.....skipped']);
const failed = testCase('    <failure type="Error" message="pending"><![CDATA[x...pending]]></failure>\n', ['Given a.....failed']);

it('a pending scenario is skipped, wherever it left off, and no other is', () => {
  const steps = [['Given a.....pending', 'Then b.....skipped'], ['Given a.....passed', 'Then it is longer than a line..pending']];
  const before = report('tests="5" skipped="1" failures="4"', undefinedCase, ...steps.map((each) => testCase('    <failure/>\n', each)), failed, passed);
  const skipped = '    <skipped message="pending: a step can\'t be done here"/>\n';
  expect(pendingAsSkipped(before)).toBe(report('tests="5" skipped="3" failures="2"', undefinedCase, ...steps.map((each) => testCase(skipped, each)), failed, passed));
});

it('a report without any stays as it is', () => {
  const xml = report('tests="3" skipped="0" failures="2"', passed, undefinedCase, failed);
  expect(pendingAsSkipped(xml)).toBe(xml);
});
