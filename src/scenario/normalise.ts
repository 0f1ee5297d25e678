// SPDX-License-Identifier: Apache-2.0
import { laidOut } from './json-layout.ts';
import { inOneOrder } from './report-order.ts';

/** Shorter values are found in unrelated text: they are named where they stand alone, and the shortest ones nowhere. */
const shortestValue = 6;
const shortestAlone = 3;

/** Last resort after all known values: forms that differ in every run. Each has a test. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/(?<!\d)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?/g, '${TIMESTAMP}'],
  // As Go's log begins its lines.
  [/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d(?:\.\d+)?/gm, '${TIMESTAMP}'],
  // Unix times: with a fraction; those of our years anywhere, others where nothing but a time is likely.
  [/\b\d{10}\.\d+\b/g, '${TIMESTAMP}'],
  [/\b1[6-9]\d{8}\b/g, '${TIMESTAMP}'],
  [/(?<=[" ])\d{10}(?=\\?"|$)/g, '${TIMESTAMP}'],
  [/("ec-version":\s*")[^"]*(")/g, '$1${EC_VERSION}$2'],
  // As a validator tells it that was asked; versions may be short.
  [/^(Version {2,})\S+$/gm, '$1${EC_VERSION}'],
];

/** Only in the folder for temporary files: elsewhere names are nobody's chance. */
const temporaryPath = /(?<=\$\{TMPDIR\}\/tmp|\$\{TEMP\})(?:\/(?:\$\{[^}]*\}|[^/\s:"'`\\,;<>()[\]{}|])*)+/g;

interface Piece {
  readonly text: string;
  /** The name of a value: no other value is looked for in it. */
  readonly isName: boolean;
}

/**
 * Makes output comparable between runs: line ends, JSON layout, then every known value by its name (longest
 * first, so that no value is cut by a shorter one), then the patterns, then tails of temporary names, then the order of a report.
 */
export function normalise(text: string, known: ReadonlyMap<string, string>): string {
  const replacements = [...known]
    .filter(([, value]) => value.length >= shortestAlone)
    .sort(([oneName, one], [otherName, other]) => other.length - one.length || (oneName < otherName ? -1 : 1));
  let pieces: readonly Piece[] = [{ text: laidOut(text.replaceAll('\r', '')), isName: false }];
  for (const [name, value] of replacements) pieces = pieces.flatMap((piece) => withName(piece, name, value));
  return inOneOrder(unlikeRuns(pieces.map((piece) => piece.text).join('')));
}

/** What differs from run to run and is nobody's known value. */
function unlikeRuns(text: string): string {
  let result = text;
  for (const [pattern, replacement] of patterns) result = result.replace(pattern, replacement);
  return result.replace(temporaryPath, (path) => path.split('/').map(withoutTail).join('/'));
}

/** Hexadecimal digits at the end, whatever follows the last dash before them, and six characters or more after a dash. */
function withoutTail(segment: string): string {
  // No file has a longer name.
  if (segment.length > 255) return segment;
  return segment
    .replace(/(?:(?<=-)[A-Za-z0-9]*(?:[a-f0-9]|\$\{RANDOM\})|(?:[a-f0-9]|\$\{RANDOM\})+)(?=\.*$)/, '${RANDOM}')
    .replace(/^([A-Za-z._-]*-)[A-Za-z0-9]{6,}/, '$1${RANDOM}');
}

function withName(piece: Piece, name: string, value: string): readonly Piece[] {
  if (piece.isName) return [piece];
  const [first = '', ...others] = value.length < shortestValue ? splitAlone(piece.text, value) : piece.text.split(value);
  const named = { text: `\${${name}}`, isName: true };
  return [{ ...piece, text: first }, ...others.flatMap((text) => [named, { ...piece, text }])];
}

/** Splits where nothing that could belong to a longer word or number is beside the value. */
function splitAlone(text: string, value: string): readonly string[] {
  const escaped = value.replace(/[^\w]/g, '\\$&');
  return text.split(new RegExp(`(?<![\\w.-])${escaped}(?![\\w-]|\\.\\w)`));
}
