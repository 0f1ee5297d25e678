// SPDX-License-Identifier: Apache-2.0
import { eventsOf, type History } from '../history/event.ts';

/** True where the cache's files are not named after what is in them: then nothing can be said of any of them. */
export function isOpaque(history: History): boolean {
  return eventsOf(history, 'workload-known').some((event) => event.isOpaque === true);
}
