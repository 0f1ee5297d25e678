// SPDX-License-Identifier: Apache-2.0
import { DataTable } from '@cucumber/cucumber';
import { describe, expect, it } from 'vitest';
import { documentBelow, inRow, rowsOf } from './step-input.ts';
import { StampedeError } from '../foundation/errors.ts';

const files = { target: 'filled', source: 'filled' } as const;
const table = (...rows: string[][]): DataTable => new DataTable(rows);

describe('rowsOf', () => {
  it('gives rows by the names of the columns', () => {
    expect(rowsOf(table(['a.rego', 'examples/a.rego'], ['b', 'c']), files)).toEqual([
      { target: 'a.rego', source: 'examples/a.rego' },
      { target: 'b', source: 'c' },
    ]);
  });

  it('takes an empty cell where it says so', () => {
    expect(rowsOf(table(['label', '']), { label: 'filled', value: 'any' })).toEqual([{ label: 'label', value: '' }]);
  });

  it.each([
    ['a cell that is not there', table(['a', 'b'], ['c']), 'row 2 of the table has 1 cells: | c |'],
    ['a column too many', table(['a', 'b', 'c']), 'row 1 of the table has 3 cells: | a | b | c |'],
    ['an empty cell', table(['a', 'b'], ['c', 'd'], ['e', '']), 'row 3 of the table has no source: | e |  |'],
    ['an empty row', table(['', '']), 'row 1 of the table has no target: |  |  |'],
    ['a row without cells', table(['a', 'b'], []), 'row 2 of the table has 0 cells: |  |'],
    ['a table without rows', table(), 'the table below the step has no rows'],
    ['nothing', undefined, 'the step needs a table below it, and there is none'],
    ['a document', '| a | b |', 'the step needs a table below it, and there is a document'],
  ])('refuses %s', (_what, given, message) => {
    expect(() => rowsOf(given, files)).toThrow(expect.objectContaining({ code: 'DOCUMENT_MALFORMED', message, hint: 'give each row of the table 2 cells: target, source' }));
  });

  it('shows the beginning of a long row only', () => {
    expect(() => rowsOf(table(['x'.repeat(1000)]), files)).toThrow(expect.objectContaining({ message: expect.stringMatching(/^.{60,140}\.\.\.$/) }));
  });
});

describe('documentBelow', () => {
  it('is the text, an empty one too', () => {
    expect(documentBelow('', 'words')).toBe('');
    expect(documentBelow('{}', 'words')).toBe('{}');
  });

  it.each([[undefined, 'none'], [new DataTable([['a']]), 'a table']])('refuses %s', (given, there) => {
    const error = { code: 'DOCUMENT_MALFORMED', message: `the step needs a document below it, and there is ${there}`, hint: 'write the specification between two lines of """' };
    expect(() => documentBelow(given, 'the specification')).toThrow(expect.objectContaining(error));
  });
});

it('inRow keeps what to try', () => {
  const cause = new StampedeError('EXAMPLE_MISSING', 'there is none', { hint: 'make one' });
  expect(inRow(1, cause)).toMatchObject({ code: 'DOCUMENT_MALFORMED', message: 'row 2 of the table is refused', hint: 'make one', cause });
});
