// SPDX-License-Identifier: Apache-2.0

/** Controls, and formatting that nobody sees, by their numbers: they would move the cursor, hide text, or break a report. Marks that are heaped on one letter are cut to two. */
export function visible(text: string): string {
  return text
    .replaceAll(/(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/gu, (sign) => `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`)
    .replaceAll(/(\p{M}{2})\p{M}+/gu, '$1');
}
