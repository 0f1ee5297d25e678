// SPDX-License-Identifier: Apache-2.0
import pc from 'picocolors';
import type { Check, Outlook } from '../doctor/check.ts';
import { harmless } from '../report/terminal.ts';

/** What the doctor says, for a person: a line a check, and below one that is not ok what it means and what to do. */
export function toldToPeople(checks: readonly Check[], outlooks: readonly Outlook[], out: { readonly isTTY?: boolean }): string {
  const colors = pc.createColors(out.isTTY === true && pc.isColorSupported);
  const marks = { ok: colors.green, limited: colors.yellow, missing: colors.red, works: colors.green, 'in part': colors.yellow, 'does not work': colors.red };
  const mark = (state: keyof typeof marks, width: number): string => marks[state](state.padEnd(width));
  const told = checks.flatMap(({ name, state, found, means, remedy }) => [
    `${mark(state, 8)} ${colors.bold(name.padEnd(17))} ${safe(found)}`,
    ...(means === undefined ? [] : [`         ${safe(means)}`]),
    ...(remedy === undefined || state === 'ok' ? [] : [`         try: ${safe(remedy)}`]),
  ]);
  const prospects = outlooks.map(({ undertaking, state, because }) => {
    const line = `${mark(state, 14)} ${undertaking.padEnd(24)} ${because.length === 0 ? '' : colors.dim(because.join(', '))}`;
    return line.trimEnd();
  });
  return [...told, '', colors.bold('what will work here'), ...prospects, ''].join('\n');
}

/** The same for a program: control characters of what others said are escapes of JSON. */
export function toldToPrograms(checks: readonly Check[], outlooks: readonly Outlook[], status: number): string {
  return `${JSON.stringify({ status, checks, outlooks }, undefined, 2)}\n`;
}

function safe(text: string): string {
  return harmless(text).replaceAll(/\s+/g, ' ').trim();
}
