// SPDX-License-Identifier: Apache-2.0
import { applyPatch, type Operation } from 'rfc6902';
import * as z from 'zod';
import { StampedeError } from '../foundation/errors.ts';
import { parseStatement, statementBytes, type Statement } from '../sigstore/statement.ts';
import { inRow } from './step-input.ts';

/** The library passes over members that could reach into JavaScript's own objects, without a word. */
const untaken = /\/(__proto__|constructor|prototype)(\/|$)/;
const path = z
  .string()
  .regex(/^(\/|$)/, 'a path starts with /')
  .refine((text) => !untaken.test(text), 'no member of that name can be patched');
const operationSchema = z.discriminatedUnion('op', [
  z.object({ op: z.literal('add'), path, value: z.unknown() }),
  z.object({ op: z.literal('remove'), path }),
  z.object({ op: z.literal('replace'), path, value: z.unknown() }),
  z.object({ op: z.literal('move'), path, from: path }),
  z.object({ op: z.literal('copy'), path, from: path }),
  z.object({ op: z.literal('test'), path, value: z.unknown() }),
]);
const patchSchema = z.union([z.array(operationSchema), operationSchema.transform((operation) => [operation])]);

/**
 * The change of a statement that a table of JSON Patches describes, one patch a row, one after the other.
 * https://www.rfc-editor.org/rfc/rfc6902
 * @throws StampedeError DOCUMENT_MALFORMED with the row's number; when it is made too, for what does not apply
 */
export function patchesIn(rows: readonly string[]): (statement: Statement) => Statement {
  const patches = rows.map((text, index) => tellingRow(index, () => parsePatch(text)));
  return (statement) => {
    const patched = structuredClone(statement);
    patches.forEach((patch, index) => tellingRow(index, () => applyTo(patched, patch)));
    try {
      return parseStatement(statementBytes(patched));
    } catch (cause) {
      throw new StampedeError('DOCUMENT_MALFORMED', 'the patches leave no in-toto statement', { cause });
    }
  };
}

function parsePatch(text: string): Operation[] {
  const hint = 'write a JSON Patch: [{ "op": "replace", "path": "/predicate/buildType", "value": "other" }]';
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new StampedeError('DOCUMENT_MALFORMED', `not JSON: ${text.slice(0, 200)}`, { cause, hint });
  }
  const { data, error } = patchSchema.safeParse(document);
  if (data !== undefined) return data;
  throw new StampedeError('DOCUMENT_MALFORMED', `not a JSON Patch: ${text.slice(0, 200)}`, { cause: new Error(z.prettifyError(error)), hint });
}

/** The operations before one that does not apply are done; nobody sees that. */
function applyTo(statement: Statement, patch: Operation[]): void {
  const failed = applyPatch(statement, patch).findIndex((result) => result !== null);
  const operation = patch[failed];
  if (operation === undefined) return;
  throw new StampedeError('DOCUMENT_MALFORMED', `the statement does not take ${JSON.stringify(operation).slice(0, 200)}`, {
    hint: 'paths start at the statement: /predicate/..., /subject/0/...',
  });
}

function tellingRow<T>(index: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw inRow(index, error);
  }
}
