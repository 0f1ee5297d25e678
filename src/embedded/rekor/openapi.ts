// SPDX-License-Identifier: Apache-2.0
import type * as z from 'zod';

/** Why a request is not as the interface describes it, with the number that Rekor's own checks give to it. */
export interface ShapeProblem {
  readonly code: number;
  readonly message: string;
}

/** Numbers of https://pkg.go.dev/github.com/go-openapi/errors */
const numbers = { type: 601, required: 602, pattern: 605, enum: 606, least: 609, longest: 611 } as const;

export function required(name: string, place: 'query' | 'body'): ShapeProblem {
  return { code: numbers.required, message: `${name} in ${place} is required` };
}

/** Texts for what zod can't know: the pattern of a field as the interface's description has it. */
export type Patterns = Readonly<Record<string, string>>;

/** The first problem of a body, in Rekor's words. `patterns`: by the field's name. */
export function problemIn(error: z.ZodError, patterns: Patterns = {}): ShapeProblem {
  const [issue] = error.issues;
  if (issue === undefined) return { code: 422, message: 'unprocessable' };
  const { path, code } = issue;
  const name = path.join('.');
  const field = String(path[0] ?? '');
  if (code === 'invalid_format') return { code: numbers.pattern, message: `${name} in body should match '${patterns[field] ?? ''}'` };
  if (code === 'invalid_value') return { code: numbers.enum, message: `${nested(path)} in body should be one of [${issue.values.join(' ')}]` };
  if (code === 'too_small') return { code: numbers.least, message: `${name} in body should be greater than or equal to ${issue.minimum}` };
  if (code === 'too_big') return { code: numbers.longest, message: `${name} in body should have at most ${issue.maximum} items` };
  return issue.input === undefined ? required(name, 'body') : { code: numbers.type, message: `${name} in body must be of type ${'expected' in issue ? issue.expected : 'another'}` };
}

/** A whole number in the query that is at least `least`. */
export function countIn(query: URLSearchParams, name: string, least: number): number | ShapeProblem {
  const text = query.get(name);
  if (text === null || text === '') return required(name, 'query');
  if (!/^-?\d{1,18}$/.test(text)) return { code: numbers.type, message: `${name} in query must be of type int64: "${text}"` };
  return Number(text) >= least ? Number(text) : { code: numbers.least, message: `${name} in query should be greater than or equal to ${least}` };
}

export function mismatch(name: string, place: 'path' | 'query', pattern: string): ShapeProblem {
  return { code: numbers.pattern, message: `${name} in ${place} should match '${pattern}'` };
}

/** `data.data.hash.data.hash.algorithm`: each level of a nested field names its whole way once more. */
export function nested(path: readonly PropertyKey[]): string {
  return path.map((_, index) => path.slice(0, index + 1).join('.')).join('.');
}
