// SPDX-License-Identifier: Apache-2.0
import { createHash, type Hash } from 'node:crypto';
import type { Digest } from '../../oci/digest.ts';

declare const contentBrand: unique symbol;

/**
 * Names content by any hash that the registry knows: what clients of this project make is sha256, what others push may
 * be sha512. https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#registered-algorithms
 */
export type ContentDigest = Digest | (string & { readonly [contentBrand]: true });

export const digestAlgorithms = ['sha256', 'sha512'] as const;
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

const form = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** True for a digest that this registry can check. */
export function isContentDigest(text: string): text is ContentDigest {
  return form.test(text);
}

export function algorithmOf(digest: ContentDigest): DigestAlgorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

/** Undefined for a name of none. */
export function algorithmNamed(name: string): DigestAlgorithm | undefined {
  return digestAlgorithms.find((each) => each === name);
}

/** Its hex digits: the number of them tells the algorithms apart. */
export function contentHexOf(digest: ContentDigest): string {
  return digest.slice('sha256:'.length);
}

/** Uses the hash up. */
export function digestFrom(algorithm: DigestAlgorithm, hash: Hash): ContentDigest {
  return `${algorithm}:${hash.digest('hex')}` as ContentDigest;
}

export function contentDigestOf(algorithm: DigestAlgorithm, bytes: Uint8Array): ContentDigest {
  return digestFrom(algorithm, createHash(algorithm).update(bytes));
}
