// SPDX-License-Identifier: Apache-2.0
import { eventsOf, type EventOf, type History } from '../history/event.ts';

/** A file of the cache, and what it held. */
export type FileContent = Pick<EventOf<'cache-file-seen'>, 'path' | 'digest'>;

/** True for an entry that holds what it holds after a serial run too, whatever its name promises: no race has done that. */
export function isUsual(history: History, { path, digest }: FileContent): boolean {
  return eventsOf(history, 'usual-files-known').some(({ contents = [] }) => contents.some((content) => content.path === path && content.digest === digest));
}

/** True where the cache's files are not named after what is in them: then nothing can be said of any of them. */
export function isOpaque(history: History): boolean {
  return eventsOf(history, 'workload-known').some((event) => event.isOpaque === true);
}
