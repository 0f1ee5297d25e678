// SPDX-License-Identifier: Apache-2.0
import type { EventOf } from '../../history/event.ts';
import { bytesOf } from './file-call-rows.ts';
import { hexIn } from './names.ts';
import { groupedBy, type Lane, type RunView } from './run-view.ts';
import { counted, listed } from './text.ts';

/** What each other participant did between the first arrival at a gate and its opening: a sentence for those who did the same, none for those who did nothing. */
export function meanwhile({ gate, at }: EventOf<'gate-opened'>, view: RunView): readonly string[] {
  const span = view.gates.find((one) => one.gate === gate);
  const since = span?.arrivals[0]?.at;
  if (since === undefined) return [];
  const stood = new Set(span?.arrivals.map(({ participant }) => participant));
  const layers = layersStoodAt(span?.arrivals ?? [], view);
  const others = view.lanes.filter(({ participant }) => !stood.has(participant));
  const did = groupedBy(others.map((lane) => ({ lane, did: didBetween(lane, { since, until: at, layers, view }) })), (one) => one.did);
  return [...did].filter(([what]) => what !== '').slice(0, 6).map(([what, those]) => `Meanwhile ${listed(those.map(({ lane }) => lane.participant))} ${those.length > 1 ? 'each ' : ''}${what}`);
}

interface Between {
  readonly since: number;
  readonly until: number;
  /** Hex digits of the layers that somebody stands at. */
  readonly layers: readonly string[];
  readonly view: RunView;
}

function didBetween(lane: Lane, { since, until, layers, view }: Between): string {
  const isThen = ({ at }: { readonly at: number }): boolean => at > since && at <= until;
  const asked = lane.asked.map(({ request }) => request).filter(isThen);
  const calls = lane.calls.filter(isThen);
  const hasEnded = lane.exited !== undefined && isThen(lane.exited);
  const read = [...groupedBy(calls.filter(({ call }) => call.family === 'read'), ({ call }) => call.entry)].map(([entry, those]) => `${counted(bytesOf(those, 'read'), 'byte')} of ${entry === '' ? 'what is of no layer' : view.names.in(entry)}`);
  const did = [
    ...(asked.length > 0 ? [`asked the registry ${counted(asked.length, 'time')}${notFor(lane, { layers, view, since, until })}`] : []),
    ...(read.length > 0 ? [`read ${listed(read)} in the cache`] : calls.length > 0 ? [`made ${counted(calls.length, 'file call')} on the cache`] : []),
    ...(hasEnded ? [endedWith(lane)] : []),
  ];
  return [did.slice(0, -1).join(', '), did.at(-1) ?? ''].filter((part) => part !== '').join(', and ');
}

/** Who comes to its end without asking for a layer has what it knows of it from the cache. */
function notFor(lane: Lane, { layers, view, until }: Between): string {
  const asked = new Set(lane.asked.filter(({ request }) => request.at <= until).map(({ request }) => hexIn(request.target.reference ?? '')));
  const never = layers.filter((layer) => !asked.has(layer));
  return never.length === 0 ? '' : `, but never for ${listed(never.map((layer) => view.names.in(layer)))}`;
}

function endedWith({ exited }: Lane): string {
  if (exited?.ending === 'deadline') return 'was stopped at its deadline';
  return exited?.ending === 'exited' ? `ended with status ${exited.exitCode ?? 'unknown'}` : 'was ended by a signal';
}

/** By their digests as they travel, also where what stands has made a call on the tar. */
function layersStoodAt(arrivals: readonly EventOf<'gate-arrived'>[], view: RunView): readonly string[] {
  const hexes = arrivals.map(({ request, call }) => (request === undefined ? (call?.entry ?? '') : hexIn(view.requests.get(request)?.target.reference ?? '')));
  const layers = view.names.layers.filter(({ digest, diffId }) => hexes.includes(hexIn(digest)) || hexes.includes(hexIn(diffId)));
  return layers.map(({ digest }) => hexIn(digest));
}
