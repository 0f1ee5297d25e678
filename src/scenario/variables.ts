// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';

/** What to do with `${NAME}` when NAME has no value: fail, replace by nothing (as Conforma's own suite does), or leave it. */
export type UnknownVariable = 'error' | 'empty' | 'keep';

/** A name may hold anything but `}`: `REGISTRY_acceptance/image:latest_DIGEST` is one. */
const placeholder = /\$\{([^}]*)\}/g;

/** True when `text` names a variable that `wanted` accepts. */
export function mentions(text: string, wanted: (name: string) => boolean): boolean {
  return [...text.matchAll(placeholder)].some(([, name = '']) => wanted(name));
}

/**
 * Replaces each `${NAME}`.
 * @throws StampedeError VARIABLE_UNKNOWN listing the known names, when `unknown` is `error`.
 */
export function expand(text: string, values: ReadonlyMap<string, string>, unknown: UnknownVariable): string {
  return text.replace(placeholder, (whole, name: string) => {
    const value = values.get(name);
    if (value !== undefined) return value;
    switch (unknown) {
      case 'keep':
        return whole;
      case 'empty':
        return '';
      case 'error':
        throw new StampedeError('VARIABLE_UNKNOWN', `nothing is known by the name ${whole}`, {
          hint: `known here: ${[...values.keys()].sort().join(', ')}`,
        });
    }
  });
}
