// SPDX-License-Identifier: Apache-2.0
import { diskFaults, isOfReading, type DiskFault } from '../faults/gate-action.ts';
import { eventsOf, type CallFamily, type FileCall, type History } from '../history/event.ts';
import { callFamilies, changingFamilies } from '../tracing/calls.ts';

/**
 * After the nth file call of a family that a process makes on the entry of the shared layer: `rename-1`; on that of the tar
 * in it: `rename-1-tar`; on either of them, whichever comes first: `rename-1-either`; on what in the cache is of no layer,
 * such as its folder or an index: `create-1-folder`.
 */
export type CallPlace = `${CallFamily}-${number}${'' | '-tar' | '-either' | '-folder'}`;

/** Where a process can be stopped between two file calls, as a calm run of it shows. */
export interface CallPlaces {
  /** On a cold cache. */
  readonly cold: readonly CallPlace[];
  /** On a warm one, as long as anything of an entry is still to be read. */
  readonly warm: readonly CallPlace[];
  /** On one whose entries are damaged, and have to be mended. */
  readonly damaged: readonly CallPlace[];
  /** Those on a cold cache after which something on disk is another than before. */
  readonly changing: readonly CallPlace[];
  /** Faults of the disk that it would meet: on a cold one, or those of reading on a warm one. */
  readonly disk: readonly DiskFault[];
}

export function isCallPlace(text: string): text is CallPlace {
  const [, family = ''] = /^([a-z]+)-[1-9]\d{0,5}(?:-tar|-either|-folder)?$/.exec(text) ?? [];
  return (callFamilies as readonly string[]).includes(family);
}

export function partsOf(place: CallPlace): { readonly family: CallFamily; readonly nth: number; readonly what: 'layer' | 'tar' | 'either' | 'folder' } {
  const [family = '', nth = '', what = 'layer'] = place.split('-');
  return { family: family as CallFamily, nth: Number(nth), what: what as 'layer' | 'tar' | 'either' | 'folder' };
}

const fewCalls = 3;
/** So many that even half as many come in every run. */
const manyWrites = 16;

export interface SharedLayer {
  readonly digest: string;
  readonly diffId: string;
}

/** What the histories of calm runs tell. */
export function callPlaces(histories: Readonly<Record<'cold' | 'warm' | 'damaged', History>>, shared: SharedLayer): CallPlaces {
  const [cold, warm, damaged] = [histories.cold, histories.warm, histories.damaged].map((history) => callsIn(history, shared)) as [Placed[], Placed[], Placed[]];
  const late = callsIn(histories.cold.slice(firstRequestIn(histories.cold)), shared);
  const lastRead = warm.findLastIndex(({ call }) => call.family === 'read');
  const places = (those: readonly Placed[]): readonly CallPlace[] => those.map(({ place }) => place);
  return {
    cold: places(cold.filter(({ call }) => call.family !== 'read')),
    damaged: places(damaged.filter(({ call }) => call.family !== 'read')),
    warm: places(warm.slice(0, lastRead)),
    disk: diskFaults.filter((fault) => (isOfReading(fault) ? warm : late).some(({ call }) => meets(call, fault, shared))),
    changing: places(cold.filter(({ call: { family, result } }) => changingFamilies.includes(family) && !result.startsWith('E'))),
  };
}

/** Whether a process writes into a cold cache before it asks for anything, such as an index: then it is at work as soon as it runs. */
export function writesBeforeAsking(cold: History): boolean {
  return eventsOf(cold.slice(0, firstRequestIn(cold)), 'file-call').some(({ call }) => call.family === 'write');
}

/** A disk fails from a request on: what a process does before it asks for anything is not met. */
function firstRequestIn(history: History): number {
  return Math.max(0, history.findIndex(({ kind }) => kind === 'request'));
}

/** What is to fail has to be known by its name before; a name that is made up by chance is not, unless the file is open already. */
function meets({ family, name, path }: FileCall, fault: DiskFault, { digest, diffId }: SharedLayer): boolean {
  const [error, wanted] = fault.split('/');
  if (family !== wanted) return false;
  if (family === 'create') return error === 'EMFILE' ? name.startsWith('open') && ['', digest, diffId].includes(path) : name.startsWith('mkdir') && path === '';
  return !isOfReading(fault) || [digest, diffId].includes(path);
}

interface Placed {
  readonly call: FileCall;
  readonly place: CallPlace;
}

/**
 * Of many calls of a family on one file with no other in between, the first and the one in the middle stand for all. How many
 * writes there are is another number in each run: of fewer than very many the first does, a second one need not come.
 */
function callsIn(history: History, { digest, diffId }: SharedLayer): Placed[] {
  const endings = new Map([['', '-folder'], [diffId.slice('sha256:'.length), '-tar'], [digest.slice('sha256:'.length), '']] as const);
  const calls = eventsOf(history, 'file-call').map(({ call }) => call).filter(({ entry }) => endings.has(entry));
  const chosen = new Set(rowsOf(calls).flatMap((row) => row.filter((_, nth) => nth === 0 || isChosen(row, nth))));
  return calls.filter((call) => chosen.has(call)).map((call) => ({ call, place: `${call.family}-${call.nth}${endings.get(call.entry) ?? ''}` }));
}

function isChosen(row: readonly FileCall[], nth: number): boolean {
  const isMiddle = nth === Math.floor(row.length / 2);
  if (row[0]?.family === 'write') return row.length > manyWrites && isMiddle;
  return row.length <= fewCalls || isMiddle;
}

/** Calls of one family that follow each other on one file. */
function rowsOf(calls: readonly FileCall[]): readonly (readonly FileCall[])[] {
  const rows: FileCall[][] = [];
  const last = new Map<string, FileCall[]>();
  for (const call of calls) {
    const row = last.get(call.path);
    if (row?.at(-1)?.family === call.family) row.push(call);
    else {
      const begun = [call];
      rows.push(begun);
      last.set(call.path, begun);
    }
  }
  return rows;
}
