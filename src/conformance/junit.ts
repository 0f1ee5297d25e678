// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';
import type { Tally } from './tally.ts';

const failedCase = /<testcase name="([^"]*)"[^>]*status="failure"[^>]*>([\s\S]*?)<\/testcase>/g;
const entities: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&amp;': '&', '&#xA;': '\n', '&#x9;': '\t', '&#34;': '"', '&#39;': "'" };
const mostReasonCharacters = 300;

/**
 * Reads the report of the conformance program: its totals count groups, too, and what it was told to leave out counts as skipped.
 * @throws StampedeError TOOL_MISSING for a report without totals
 */
export function readJunit(text: string): Tally {
  const totals = /<testsuites\b[^>]*>/.exec(text)?.[0];
  if (totals === undefined) throw new StampedeError('TOOL_MISSING', 'the report of the conformance program has no totals');
  // An attribute of nothing is left out.
  const [tests, failures, errors, skipped, disabled] = ['tests', 'failures', 'errors', 'skipped', 'disabled'].map((name) => Number(new RegExp(` ${name}="(\\d+)"`).exec(totals)?.[1] ?? 0)) as [number, number, number, number, number];
  const failed = failures + errors;
  return { passed: tests - failed - skipped - disabled, failed, skipped: skipped + disabled, failures: [...text.matchAll(failedCase)].map(([, name = '', inside = '']) => `${plain(name)}: ${reasonIn(inside)}`) };
}

function reasonIn(inside: string): string {
  const [, said = ''] = /<system-out>([\s\S]*?)<\/system-out>/.exec(inside) ?? [];
  return (plain(said).trim() || 'it gave no reason').slice(0, mostReasonCharacters);
}

function plain(text: string): string {
  return text.replaceAll(/&(?:lt|gt|amp|#xA|#x9|#34|#39);/g, (entity) => entities[entity] ?? entity);
}
