// SPDX-License-Identifier: Apache-2.0
import type { NightSummary } from '../../nightly/summary.ts';
import { visible } from '../../foundation/visible.ts';
import { cut } from '../timeline/text.ts';
import { suitesOf, type NightCase } from './cases.ts';

const longestDetails = 20_000;

/**
 * A night as JUnit XML: a suite for each target with a case for each strategy. `failure` is broken and not excused, `error` is unknown, `skipped` is known, or
 * gone and not yet fixed; so a build is red exactly where the exit status isn't 0. https://github.com/testmoapp/junitxml has what consumers read.
 */
export function junitReport(summary: NightSummary): string {
  const suites = suitesOf(summary);
  const all = [...suites.values()].flat();
  const body = [...suites].map(([name, cases]) => suiteOf(name, cases, summary)).join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${xml(summary.night.id)}" ${countsOf(all)}>\n${body}\n</testsuites>\n`;
}

function suiteOf(name: string, cases: readonly NightCase[], { night, exitStatus, verdict }: NightSummary): string {
  const target = night.targets.find((one) => one.name === name);
  const properties = target === undefined
    ? [['campaign', night.campaign], ['seed', night.seed], ['verdict', verdict], ['exit status', String(exitStatus)]] as const
    : [['subject', target.subject], ['build', target.build], ...(target.version === undefined ? [] : [['version', target.version] as const])] as const;
  const head = `<testsuite name="${xml(name)}" ${countsOf(cases)} timestamp="${xml(night.startedAt.slice(0, 19))}">`;
  const listed = properties.map(([key, value]) => `<property name="${xml(key)}" value="${xml(value)}"/>`).join('');
  return `${head}\n<properties>${listed}</properties>\n${cases.map((one) => caseOf(one, night.campaign)).join('\n')}\n</testsuite>`;
}

function countsOf(cases: readonly NightCase[]): string {
  const count = (outcome: NightCase['outcome']): number => cases.filter((one) => one.outcome === outcome).length;
  const time = cases.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return `tests="${cases.length}" failures="${count('failed')}" errors="${count('unknown')}" skipped="${count('skipped')}" time="${seconds(time)}"`;
}

function caseOf({ suite, name, outcome, message, details, durationMs }: NightCase, campaign: string): string {
  const head = `<testcase classname="${xml(`${campaign}.${suite}`)}" name="${xml(name)}" time="${seconds(durationMs)}"`;
  const text = xml(cut(details, longestDetails));
  const output = details === '' ? '' : `<system-out>${text}</system-out>`;
  switch (outcome) {
    case 'passed':
      return output === '' ? `${head}/>` : `${head}>${output}</testcase>`;
    case 'skipped':
      return `${head}><skipped message="${xml(message)}"/>${output}</testcase>`;
    case 'failed':
      return `${head}><failure message="${xml(message)}" type="broken">${text}</failure></testcase>`;
    case 'unknown':
      return `${head}><error message="${xml(message)}" type="unknown">${text}</error></testcase>`;
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/**
 * Text for an element or a quoted attribute. What XML 1.0 has no way to write is shown by its number, as everything that nobody sees is.
 * https://www.w3.org/TR/xml/#charsets
 */
function xml(text: string): string {
  return visible(text)
    .replaceAll(/[\u{fffe}\u{ffff}]/gu, (sign) => `\\u${sign.charCodeAt(0).toString(16)}`)
    .replaceAll(/[&<>"'\n\t]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
