// SPDX-License-Identifier: Apache-2.0
import type { DoorForm } from '../faults/door.ts';
import { doorEnvironment, registryHost } from './environment.ts';

/** How one participant comes to the registry through its own door. */
export interface DoorRoute {
  /** What it calls the registry. */
  readonly registryName: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Forward: by the proxy variables, under the usual name. Reverse, for programs that ignore them: the door's own address takes
 * the place of that name, in arguments and environment; what lies in the registry or in files still has the usual one.
 */
export function routeThrough(door: string, form: DoorForm, { arguments: words, environment }: Omit<DoorRoute, 'registryName'>): DoorRoute {
  if (form === 'forward') return { registryName: registryHost, arguments: words, environment: { ...environment, ...doorEnvironment(door) } };
  const registryName = new URL(door).host;
  const renamed = (text: string): string => text.replaceAll(registryHost, registryName);
  return { registryName, arguments: words.map(renamed), environment: Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, renamed(value)])) };
}

/** What a participant wrote, as if the registry had had its usual name: doors differ, and so would outcomes that are the same. */
export function underUsualName(text: string, { registryName }: Pick<DoorRoute, 'registryName'>): string {
  if (registryName === registryHost) return text;
  return text.replaceAll(registryName, registryHost).replaceAll(encodeURIComponent(registryName), registryHost);
}
