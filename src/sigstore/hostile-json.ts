// SPDX-License-Identifier: Apache-2.0
import type { z } from 'zod';
import { StampedeError, type ErrorCode } from '../foundation/errors.ts';

/** What a document is called in errors, and the code that they carry. */
export interface DocumentKind {
  readonly what: string;
  readonly code: ErrorCode;
}

/**
 * Reads JSON that anyone may have written: it must be UTF-8, JSON, and of the shape, or it is refused with the one code.
 * @throws StampedeError with `kind.code`
 */
export function parseHostileJson<S extends z.ZodType>(bytes: Uint8Array | string, schema: S, kind: DocumentKind): z.output<S> {
  try {
    const text = typeof bytes === 'string' ? bytes : new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new StampedeError(kind.code, `${kind.what} is malformed`, { cause });
  }
}
