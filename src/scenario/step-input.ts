// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';

/** What a cell must be: `filled`, or `any` where nothing is a value too. */
export type Cell = 'filled' | 'any';

/** As much of Cucumber's table as is looked at. */
interface Table {
  raw(): readonly (readonly string[])[];
}

const mostShown = 80;

/**
 * The rows of the table below a step, a member for each column, in the order of `columns`. Tables have no header.
 * @throws StampedeError DOCUMENT_MALFORMED with the row's number and what was expected
 */
export function rowsOf<Name extends string>(table: unknown, columns: Readonly<Record<Name, Cell>>): Record<Name, string>[] {
  const names = Object.keys(columns) as Name[];
  const hint = `give each row of the table ${names.length === 1 ? 'one cell' : `${names.length} cells`}: ${names.join(', ')}`;
  if (!isTable(table)) throw malformed(`the step needs a table below it, and there is ${nameOf(table)}`, hint);
  const rows = table.raw();
  if (rows.length === 0) throw malformed('the table below the step has no rows', hint);
  return rows.map((cells, index) => {
    if (cells.length !== names.length) throw malformed(`row ${index + 1} of the table has ${cells.length} cells: ${shown(cells)}`, hint);
    const empty = names.find((name, column) => columns[name] === 'filled' && cells[column] === '');
    if (empty !== undefined) throw malformed(`row ${index + 1} of the table has no ${empty}: ${shown(cells)}`, hint);
    return Object.fromEntries(names.map((name, column) => [name, cells[column] ?? ''])) as Record<Name, string>;
  });
}

/**
 * The document below a step; `what` it should be is for the message.
 * @throws StampedeError DOCUMENT_MALFORMED
 */
export function documentBelow(text: unknown, what: string): string {
  if (typeof text === 'string') return text;
  throw malformed(`the step needs a document below it, and there is ${nameOf(text)}`, `write ${what} between two lines of """`);
}

/** The same error, with the row that it is about. */
export function inRow(index: number, error: unknown): StampedeError {
  const { hint } = error instanceof StampedeError ? error : { hint: undefined };
  return new StampedeError('DOCUMENT_MALFORMED', `row ${index + 1} of the table is refused`, { cause: error, ...(hint === undefined ? {} : { hint }) });
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && 'raw' in value && typeof value.raw === 'function';
}

function nameOf(value: unknown): string {
  if (typeof value === 'string') return 'a document';
  return isTable(value) ? 'a table' : 'none';
}

function shown(cells: readonly string[]): string {
  const text = `| ${cells.join(' | ')} |`;
  return text.length > mostShown ? `${text.slice(0, mostShown)}...` : text;
}

function malformed(what: string, hint: string): StampedeError {
  return new StampedeError('DOCUMENT_MALFORMED', what, { hint });
}
