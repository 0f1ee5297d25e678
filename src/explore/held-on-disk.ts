// SPDX-License-Identifier: Apache-2.0
import { eventsOf, type History } from '../history/event.ts';

/**
 * Whether a file of the layer whose body was held, whole or not, was seen to have bytes when its gate opened; undefined where no
 * body was held after its first byte, or nobody looked. Files tell by their names whose they are: one that is named by chance does not count.
 */
export function heldOnDisk(history: History): boolean | undefined {
  const held = new Set(eventsOf(history, 'gate-arrived').flatMap(({ request, afterBytes = 0 }) => (afterBytes > 0 && request !== undefined ? [request] : [])));
  const asked = new Set(eventsOf(history, 'request').filter(({ request }) => held.has(request)).map(({ target }) => target.reference));
  const names = eventsOf(history, 'workload-known').flatMap(({ layers }) => layers).filter(({ digest }) => asked.has(digest)).flatMap(({ digest, diffId }) => [hex(digest), hex(diffId)]);
  if (names.length === 0 || !eventsOf(history, 'cache-looked-at').some(({ moment }) => moment === 'held')) return undefined;
  return eventsOf(history, 'cache-file-seen').some(({ moment, path, size }) => moment === 'held' && size > 0 && names.some((name) => path.includes(name)));
}

function hex(name: string): string {
  return name.slice('sha256:'.length);
}
