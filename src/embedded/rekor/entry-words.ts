// SPDX-License-Identifier: Apache-2.0
import type * as z from 'zod';
import { nested, required, type ShapeProblem } from './openapi.ts';

/** Kinds that Rekor knows; this log takes three of them. */
const kinds = ['alpine', 'cose', 'dsse', 'hashedrekord', 'helm', 'intoto', 'jar', 'rekord', 'rfc3161', 'rpm', 'tuf'];

/** What an entry must be before anybody looks at what its kind wants. */
export function envelopeProblem(document: unknown): ShapeProblem | undefined {
  const { kind, apiVersion, spec } = fieldsOf(document);
  if (typeof kind !== 'string' || kind === '') return required('kind', 'body');
  if (!kinds.includes(kind)) return { code: 422, message: `invalid kind value: ${JSON.stringify(kind)}` };
  if (typeof apiVersion !== 'string' || apiVersion === '') return required('apiVersion', 'body');
  return spec === undefined || spec === null ? required('spec', 'body') : undefined;
}

export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

export function versionMissing(kind: string, version: string): string {
  return `${kind} implementation for version '${version}' not found: unable to locate entry for version ${version}`;
}

/**
 * Everything that is not as the kind wants it, in Rekor's words: first what is missing or of another form, and only where nothing is,
 * the first value that makes no sense.
 */
export function shapeFailures(error: z.ZodError): string {
  const shapes = error.issues.filter(({ code }) => code !== 'custom');
  if (shapes.length === 0) return error.issues[0]?.message ?? '';
  // Of one part of an entry the first failure is told.
  const lines = shapes.filter(({ path }, index) => shapes.findIndex((each) => each.path[0] === path[0]) === index).map((issue) => {
    const name = nested(issue.path);
    if (issue.code === 'invalid_value') return `${name} in body should be one of [${issue.values.join(' ')}]`;
    if (issue.code === 'too_small') return `${name} in body should have at least ${issue.minimum} items`;
    return issue.input === undefined || issue.input === null ? `${name} in body is required` : `${name} in body: ${issue.message}`;
  });
  return `validation failure list:\n${lines.join('\n')}`;
}

/** As Go's decoder says it. */
export function base64Failure(text: string): string {
  const at = text.search(/[^A-Za-z0-9+/=]/);
  return `illegal base64 data at input byte ${at === -1 ? text.length : at}`;
}

/** As Go's parser says it, as far as the first character goes. */
export function jsonFailure(text: string): string {
  const [first = ''] = text.trimStart();
  return first === '' || '{["tfn-0123456789'.includes(first) ? 'unexpected end of JSON input' : `invalid character '${first}' looking for beginning of value`;
}
