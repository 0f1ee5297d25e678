// SPDX-License-Identifier: Apache-2.0

/** Shorter values are found in unrelated text; none of the known ones is that short. */
const shortestValue = 6;

/** Last resort after all known values: forms that differ in every run. Each has a test. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g, '${TIMESTAMP}'],
  [/\b1[6-9]\d{8}\b/g, '${TIMESTAMP}'],
  [/("ec-version":\s*")[^"]*(")/g, '$1${EC_VERSION}$2'],
  [/(\$\{(?:TMPDIR|TEMP)\}(?:\/[A-Za-z._]+)*\/[A-Za-z._]+-)[A-Za-z0-9]{6,}/g, '$1${RANDOM}'],
];

/**
 * Makes output comparable between runs: line ends, JSON layout, then every known value by its name (longest
 * first, so that no value is cut by a shorter one), then the patterns.
 */
export function normalise(text: string, known: ReadonlyMap<string, string>): string {
  const replacements = [...known]
    .filter(([, value]) => value.length >= shortestValue)
    .sort(([oneName, one], [otherName, other]) => other.length - one.length || (oneName < otherName ? -1 : 1));
  let result = reindented(text.replaceAll('\r', ''));
  for (const [name, value] of replacements) result = result.replaceAll(value, `\${${name}}`);
  for (const [pattern, replacement] of patterns) result = result.replace(pattern, replacement);
  return result;
}

function reindented(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{') && !trimmed.startsWith('[')) return text;
  try {
    return `${JSON.stringify(JSON.parse(trimmed), null, 2)}\n`;
  } catch {
    return text;
  }
}
