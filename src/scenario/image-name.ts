// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';
import { isRepository, isTag } from '../oci/reference.ts';

/** An image as features name it, `acceptance/image` or `acceptance/image:tag`. */
export interface ImageName {
  /** Without the scenario's own part. */
  readonly repository: string;
  /** Undefined where none is named: it is `latest` then, or all of them. */
  readonly tag: string | undefined;
}

/** @throws StampedeError REFERENCE_MALFORMED */
export function parseImageName(name: string): ImageName {
  const [repository = '', tag, ...rest] = name.split(':');
  if (isRepository(repository) && rest.length === 0 && (tag === undefined || isTag(tag))) return { repository, tag };
  throw new StampedeError('REFERENCE_MALFORMED', `not the name of an image: ${JSON.stringify(name.slice(0, 200))}`, {
    hint: 'write it as acceptance/image or acceptance/image:tag, small letters, without the registry',
  });
}
