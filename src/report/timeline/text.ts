// SPDX-License-Identifier: Apache-2.0
import { visible } from '../../foundation/visible.ts';

/**
 * Any value as text of a page, in an element or in a quoted attribute. Paths, names and differences come from programs under test, so nothing of
 * them is markup, and what would hide or turn text around is shown by its number.
 */
export function html(value: unknown): string {
  return visible(String(value)).replaceAll(/[&<>"'`]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** At most so many characters, the last one a mark of what was left out. */
export function cut(text: string, most: number): string {
  const characters = [...visible(text)];
  return characters.length <= most ? characters.join('') : `${characters.slice(0, Math.max(0, most - 1)).join('')}…`;
}

/** `1 file call`, `3 file calls`. */
export function counted(count: number, what: string): string {
  return `${grouped(count)} ${what}${count === 1 ? '' : 's'}`;
}

/** `524,741` */
export function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `799 ms`, `12.3 s` */
export function duration(ms: number): string {
  if (ms < 10 && ms > 0) return `${ms.toFixed(1)} ms`;
  return ms < 10_000 ? `${grouped(Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** `1st`, `22nd` */
export function ordinal(nth: number): string {
  const ending = nth % 100 > 10 && nth % 100 < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][nth % 10] ?? 'th');
  return `${grouped(nth)}${ending}`;
}

/** `a`, `a and b`, `a, b and c`, `a, b and 5 more` */
export function listed(words: readonly string[], most = 4): string {
  if (words.length <= 1) return words.join('');
  const shown = words.length > most ? [...words.slice(0, most - 1), `${words.length - most + 1} more`] : words;
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1) ?? ''}`;
}
