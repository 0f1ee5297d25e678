// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';
import { isDigest, type Digest } from './digest.ts';

/** An image reference taken apart: `host/repository[:tag][@digest]`. */
export interface Reference {
  readonly host: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}

const hostForm = /^(?:[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)*|\[[0-9a-f:]+\])(?::\d{1,5})?$/i;
const repositoryForm = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagForm = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/**
 * True for what may name a repository.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
 */
export function isRepository(text: string): boolean {
  return text.length <= 255 && repositoryForm.test(text);
}

/** True for what may name a tag. */
export function isTag(text: string): boolean {
  return tagForm.test(text);
}

/**
 * Takes a fully qualified reference apart; a missing tag stays undefined (callers say `latest` where they mean it).
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
 * @throws StampedeError REFERENCE_MALFORMED
 */
export function parseReference(text: string): Reference {
  const [beforeDigest = '', digest, ...rest] = text.split('@');
  const slash = beforeDigest.indexOf('/');
  const colon = beforeDigest.lastIndexOf(':');
  const hasTag = colon > slash;
  const repository = beforeDigest.slice(slash + 1, hasTag ? colon : undefined);
  const tag = hasTag ? beforeDigest.slice(colon + 1) : undefined;
  const malformed =
    rest.length > 0 || slash < 1 || !isHost(beforeDigest.slice(0, slash)) || !isRepository(repository) ||
    (tag !== undefined && !isTag(tag)) || (digest !== undefined && !isDigest(digest));
  if (malformed) {
    throw new StampedeError('REFERENCE_MALFORMED', `not an image reference: ${JSON.stringify(text.slice(0, 200))}`, {
      hint: 'write host/repository:tag or host/repository@sha256:...',
    });
  }
  return { host: beforeDigest.slice(0, slash), repository, tag, digest };
}

/** https://pkg.go.dev/github.com/distribution/reference#pkg-overview */
function isHost(text: string): boolean {
  return text.length <= 255 && hostForm.test(text);
}

/** `host/repository@digest`, the form that reports use. */
export function pinnedReference(reference: Reference, digest: Digest): string {
  return `${reference.host}/${reference.repository}@${digest}`;
}
