// SPDX-License-Identifier: Apache-2.0

/** Shorter values are found in unrelated text; none of the known ones is that short. */
const shortestValue = 6;

/** Last resort after all known values: forms that differ in every run. Each has a test. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g, '${TIMESTAMP}'],
  [/\b1[6-9]\d{8}\b/g, '${TIMESTAMP}'],
  [/("ec-version":\s*")[^"]*(")/g, '$1${EC_VERSION}$2'],
  // As a validator tells it that was asked; versions may be short.
  [/^(Version {2,})\S+$/gm, '$1${EC_VERSION}'],
  // Only in the folder for temporary files: elsewhere names are nobody's chance.
  [/((?:\$\{TMPDIR\}\/tmp|\$\{TEMP\})(?:\/[A-Za-z._]+)*\/[A-Za-z._-]*-)[A-Za-z0-9]{6,}/g, '$1${RANDOM}'],
];

interface Piece {
  readonly text: string;
  /** The name of a value: no other value is looked for in it. */
  readonly isName: boolean;
}

/**
 * Makes output comparable between runs: line ends, JSON layout, then every known value by its name (longest
 * first, so that no value is cut by a shorter one), then the patterns.
 */
export function normalise(text: string, known: ReadonlyMap<string, string>): string {
  const replacements = [...known]
    .filter(([, value]) => value.length >= shortestValue)
    .sort(([oneName, one], [otherName, other]) => other.length - one.length || (oneName < otherName ? -1 : 1));
  let pieces: readonly Piece[] = [{ text: reindented(text.replaceAll('\r', '')), isName: false }];
  for (const [name, value] of replacements) pieces = pieces.flatMap((piece) => withName(piece, name, value));
  let result = pieces.map((piece) => piece.text).join('');
  for (const [pattern, replacement] of patterns) result = result.replace(pattern, replacement);
  return result;
}

function withName(piece: Piece, name: string, value: string): readonly Piece[] {
  if (piece.isName) return [piece];
  const [first = '', ...others] = piece.text.split(value);
  const named = { text: `\${${name}}`, isName: true };
  return [{ ...piece, text: first }, ...others.flatMap((text) => [named, { ...piece, text }])];
}

/** One JSON document gets a layout of its own; tokens stay as they were written, numbers and escapes included. */
function reindented(text: string): string {
  const trimmed = text.trim();
  if (!/^[{[]/.test(trimmed) || !isJson(trimmed)) return text;
  let depth = 0;
  let result = '';
  for (const [token] of trimmed.matchAll(/"(?:[^"\\]|\\.)*"|\{\s*\}|\[\s*\]|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    if (token === '}' || token === ']') result += lineBreak((depth -= 1));
    result += laidOut(token);
    if (token === '{' || token === '[') result += lineBreak((depth += 1));
    if (token === ',') result += lineBreak(depth);
  }
  return `${result}\n`;
}

function laidOut(token: string): string {
  if (token === ':') return ': ';
  return /^[{[]\s*[}\]]$/.test(token) ? token.replace(/\s+/, '') : token;
}

function lineBreak(depth: number): string {
  return `\n${'  '.repeat(depth)}`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
