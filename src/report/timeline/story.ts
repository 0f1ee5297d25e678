// SPDX-License-Identifier: Apache-2.0
import { eventsOf, type CallFamily } from '../../history/event.ts';
import { meanwhile } from './meanwhile.ts';
import { hexIn } from './names.ts';
import { meetingsOnFiles, type MeetingOnFile } from './meetings-on-files.ts';
import { groupedBy, type GateSpan, type Look, type RunView } from './run-view.ts';
import { cut, grouped, listed } from './text.ts';
import { placeOf, sentenceOf, sizeOf } from './words.ts';

/** How it came to what the verdicts say, in a few sentences: who stood where, what others did meanwhile, what lay in the cache, what struck. */
export function storyOf(view: RunView): readonly string[] {
  const meetings = view.gates.filter(({ gate, opened, arrivals }) => arrivals.length > 0 && (opened?.reason !== 'condition' || view.planned.gates.get(gate)?.until !== 'reached'));
  const onFiles = meetingsOnFiles(view.history).slice(0, 3).map((found) => wordsForMeeting(found, view));
  return [...cacheBefore(view), ...meetings.slice(0, 3).flatMap((span) => meeting(span, view)), ...onFiles];
}

const verbs: Readonly<Partial<Record<CallFamily, string>>> = { open: 'opens', read: 'reads', create: 'opens for writing', write: 'writes to' };

/** `validator-2 opens tar of layer A when validator-1 has made 12 of its 51 writes to it` */
export function wordsForMeeting({ call: { participant, call }, other, writes }: MeetingOnFile, { names }: RunView): string {
  const file = cut(names.in(call.path), 80);
  if (writes === undefined) return `${participant} finds no ${file} to open (${call.name}: ${call.result}): ${other} has removed it`;
  return `${participant} ${verbs[call.family] ?? call.family} ${file} when ${other} has made ${grouped(writes.done)} of its ${grouped(writes.all)} writes to it`;
}

function meeting({ arrivals, opened, gate }: GateSpan, view: RunView): readonly string[] {
  const places = groupedBy(arrivals.slice(0, 12), (arrival) => placeOf(arrival, view));
  const stood = [...places].map(([place, those]) => `${listed(those.map(({ participant }) => participant))} ${those.length === 1 ? 'stands' : 'stand'} at the gate "${gate}": ${place}`);
  if (opened === undefined) return [...stood, 'It was not seen to open'];
  const unmet = opened.reason === 'condition' ? [] : [`It opens by ${opened.reason}, not by its condition`];
  const struck = eventsOf(view.history, 'fault-struck').filter((fault) => fault.gate === gate).slice(0, 3);
  const end = struck.length === 1 && struck[0]?.fault !== 'kill' ? view.lanes.find(({ participant }) => participant === struck[0]?.participant)?.exited : undefined;
  return [...stood, ...meanwhile(opened, view), ...cacheThen(opened.index, view), ...unmet, ...struck.map((fault) => `Then ${sentenceOf(fault, view)}`), ...(end === undefined ? [] : [sentenceOf(end, view)])];
}

/** What was not whole when everybody stood. */
function cacheThen(before: number, view: RunView): readonly string[] {
  const half = halfEntries(view.looks.findLast(({ at }) => at.moment === 'held' && at.index < before), view);
  return half === '' ? [] : [`The cache has at that time ${half}`];
}

function cacheBefore(view: RunView): readonly string[] {
  const half = halfEntries(view.looks.find(({ at }) => at.moment === 'before'), view);
  return half === '' ? [] : [`The cache has before the run ${half}`];
}

function halfEntries(look: Look | undefined, view: RunView): string {
  const half = (look?.files ?? []).filter((seen) => (seen.class === 'prefix' || seen.class === 'other-bytes') && view.names.isLayer(hexIn(seen.path)));
  return listed(half.map((seen) => `${sizeOf(seen, view)} of ${view.names.in(seen.path)}${seen.class === 'prefix' ? '' : ', not all of them its own'}`));
}
