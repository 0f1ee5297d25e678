// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { StampedeError } from '../foundation/errors.ts';

declare const digestBrand: unique symbol;
declare const diffIdBrand: unique symbol;

/**
 * Names bytes as they travel and lie in a registry: `sha256:` and 64 lower-case hex digits.
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests
 */
export type Digest = string & { readonly [digestBrand]: true };

/**
 * Names a layer's uncompressed tar; same form as a digest, another meaning, so the two can't be swapped.
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md#layer-diffid
 */
export type DiffID = string & { readonly [diffIdBrand]: true };

const form = /^sha256:[0-9a-f]{64}$/;

/** True when `text` has the form of a sha256 digest. */
export function isDigest(text: string): text is Digest {
  return form.test(text);
}

/** @throws StampedeError DIGEST_MALFORMED */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) {
    throw new StampedeError('DIGEST_MALFORMED', `not a sha256 digest: ${JSON.stringify(text.slice(0, 100))}`);
  }
  return text;
}

/** @throws StampedeError DIGEST_MALFORMED */
export function parseDiffID(text: string): DiffID {
  return parseDigest(text) as string as DiffID;
}

export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

/** `bytes` must be the uncompressed tar. */
export function diffIdOf(bytes: Uint8Array): DiffID {
  return digestOf(bytes) as string as DiffID;
}

/** The 64 hex digits without the algorithm. */
export function hexOf(digest: Digest | DiffID): string {
  return digest.slice('sha256:'.length);
}
