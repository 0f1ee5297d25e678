// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';
import { embeddedLauncher } from '../stage/embedded-launcher.ts';
import type { StageOptions } from '../stage/stage.ts';
import type { Subject } from '../validator/subject.ts';

/**
 * What a subject wants of its registry, as the stage is told; nothing for the usual one.
 * @throws StampedeError CONFIG_INVALID where the stage can't give it
 */
export function mannersOf({ name, registry }: Subject, launcher: string): Pick<StageOptions, 'manners'> {
  if (registry.auth === 'none' && !registry.tls) return {};
  if (launcher === embeddedLauncher.name) return { manners: registry };
  throw new StampedeError('CONFIG_INVALID', `the subject ${name} wants a registry with ${registry.tls ? 'https' : 'a password'}, and the one on this stage has none`, { hint: 'leave --stage out: the embedded one can' });
}
