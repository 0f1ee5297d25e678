// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';

/** One block of a file of go-snaps. https://github.com/gkampitakis/go-snaps */
export interface GoSnapsEntry {
  /** Scenario and what was compared, as the suite put them together. */
  readonly name: string;
  /** Counts from 1 over the comparisons of one name. */
  readonly number: number;
  readonly text: string;
  /** Where its name stands. */
  readonly line: number;
}

const nameLine = /^\[(.+) - ([1-9]\d{0,8})\]$/;
const endLine = '---';
/** How a line of the content is written that would end it. */
const escapedEndLine = '/-/-/-/';

/** True for what go-snaps writes: the first line that is not blank names an entry. */
export function isGoSnaps(text: string): boolean {
  return nameLine.test(/\S.*/.exec(text)?.[0].trimEnd() ?? '');
}

/**
 * Reads a whole file: `[name - number]`, the content, `---`, and blank lines between. Line ends may be CRLF.
 * @throws StampedeError SNAPSHOT_FILE_MALFORMED with the line
 */
export function parseGoSnaps(bytes: Uint8Array, file: string): readonly GoSnapsEntry[] {
  const lines = linesOf(bytes, file);
  const entries = new Map<string, GoSnapsEntry>();
  let index = 0;
  while (index < lines.length) {
    if (lines[index]?.trim() === '') {
      index += 1;
      continue;
    }
    const end = lines.indexOf(endLine, index + 1);
    const entry = entryOf(lines, { start: index, end, file });
    const twin = entries.get(`${entry.name} - ${entry.number}`);
    if (twin !== undefined) throw malformed(file, entry.line, `${shown(entry)} was there before, at line ${twin.line}`);
    entries.set(`${entry.name} - ${entry.number}`, entry);
    index = end + 1;
  }
  return [...entries.values()];
}

interface Block {
  readonly start: number;
  /** Of its last line; -1 where there is none. */
  readonly end: number;
  readonly file: string;
}

function entryOf(lines: readonly string[], { start, end, file }: Block): GoSnapsEntry {
  const line = start + 1;
  const [, name = '', number = ''] = nameLine.exec(lines[start] ?? '') ?? [];
  if (name === '') throw malformed(file, line, `[name - number] is expected here, not ${excerpt(lines[start] ?? '')}`);
  if (/[\u0000-\u001f\u007f-\u009f]/.test(name)) throw malformed(file, line, `the name ${excerpt(name)} has control characters`);
  const content = lines.slice(start + 1, end === -1 ? lines.length : end);
  // go-snaps itself would find the next entry there.
  const next = content.findIndex((each, index) => content[index - 1] === '' && /:.* - \d+\]$/.test(each) && nameLine.test(each));
  if (end === -1 || next !== -1) {
    const until = next === -1 ? 'the end of the file' : `the next one at line ${line + 1 + next}`;
    throw malformed(file, line, `[${excerpt(`${name} - ${number}`).slice(1, -1)}] has no line --- before ${until}`);
  }
  return { name, number: Number(number), text: content.map((each) => (each === escapedEndLine ? endLine : each)).join('\n'), line };
}

function linesOf(bytes: Uint8Array, file: string): readonly string[] {
  try {
    return textOf(bytes).split('\n').map((line) => line.replace(/\r$/, ''));
  } catch {
    const line = badLine(bytes);
    throw malformed(file, line, 'it is no UTF-8 from here on');
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

/** The first line that can't be decoded. No character of several bytes has a line break in it. */
function badLine(bytes: Uint8Array): number {
  let start = 0;
  for (let line = 1; ; line += 1) {
    const end = bytes.indexOf(0x0a, start);
    try {
      textOf(bytes.subarray(start, end === -1 ? bytes.length : end));
    } catch {
      return line;
    }
    if (end === -1) return line;
    start = end + 1;
  }
}

function shown({ name, number }: GoSnapsEntry): string {
  return `[${name} - ${number}]`;
}

/** What a file says, on one line and without characters that move a cursor. */
function excerpt(text: string): string {
  const escaped = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
  return escaped.replace(/[\u007f-\u009f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function malformed(file: string, line: number, what: string): StampedeError {
  return new StampedeError('SNAPSHOT_FILE_MALFORMED', `${file}:${line}: ${what}`, {
    hint: 'snapshots:import reads files of go-snaps: [name - number], the content, a line ---',
  });
}
