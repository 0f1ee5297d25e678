// SPDX-License-Identifier: Apache-2.0
import type { Event, EventOf } from '../../history/event.ts';
import type { RunView } from './run-view.ts';
import { groupedBy } from './run-view.ts';
import { sentenceOf, sizeOf, classWords } from './words.ts';
import { meanwhile } from './meanwhile.ts';
import { meetingsOnFiles } from './meetings-on-files.ts';
import { wordsForMeeting } from './story.ts';
import { listed } from './text.ts';

/** Something that the run turned on; numbered in the picture and told in words below it. */
export interface Moment {
  readonly events: readonly Event[];
  readonly words: string;
  readonly isBlamed: boolean;
}

const mostMoments = 60;

/** In the order in which they came. Of very many, those that a verdict names and the first. */
export function momentsOf(view: RunView): readonly Moment[] {
  const onFiles = new Map(meetingsOnFiles(view.history).slice(0, 8).map((found) => [found.call.index, wordsForMeeting(found, view)]));
  const all = view.history.flatMap((event) => momentOf(event, view, onFiles.get(event.index)) ?? []);
  if (all.length <= mostMoments) return all;
  const blamed = all.filter(({ isBlamed }) => isBlamed).slice(0, mostMoments);
  const first = all.filter(({ isBlamed }) => !isBlamed).slice(0, mostMoments - blamed.length);
  return [...blamed, ...first].sort((one, other) => (one.events[0]?.index ?? 0) - (other.events[0]?.index ?? 0));
}

function momentOf(event: Event, view: RunView, onFile: string | undefined): Moment | undefined {
  const isBlamed = view.blamed.has(event.index);
  const plain = (words = sentenceOf(event, view)): Moment => ({ events: [event], words, isBlamed });
  if (onFile !== undefined) return plain(onFile);
  switch (event.kind) {
    case 'gate-arrived':
    case 'fault-struck':
    case 'validator-exited':
    case 'turns-over':
    case 'log-fault':
      return plain();
    case 'gate-opened':
      return plain([sentenceOf(event, view), ...meanwhile(event, view)].join('. '));
    case 'cache-looked-at':
      return cacheMoment(event, view);
    case 'outcome-compared':
      return event.equal && !isBlamed ? undefined : plain();
    case 'cache-file-seen':
      return undefined;
    default:
      return isBlamed ? plain() : undefined;
  }
}

/** What of the cache was not whole, while it mattered. */
function cacheMoment(at: EventOf<'cache-looked-at'>, view: RunView): Moment | undefined {
  const files = view.looks.find((look) => look.at === at)?.files ?? [];
  const blamed = files.filter(({ index }) => view.blamed.has(index));
  const telling = at.moment === 'held' || blamed.length > 0 ? files.filter((seen) => seen.class !== 'exact' || view.blamed.has(seen.index)) : [];
  if (telling.length === 0) return undefined;
  const each = [...groupedBy(telling, (seen) => seen.class)].map(([kind, those]) => `${listed(those.map((seen) => `${view.names.in(seen.path)} (${sizeOf(seen, view)})`), 6)}: ${classWords[kind]}`);
  return { events: [...telling, at], words: `${sentenceOf(at, view)}. Among them ${each.join('; ')}`, isBlamed: blamed.length > 0 };
}
