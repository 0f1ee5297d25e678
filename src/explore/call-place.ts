// SPDX-License-Identifier: Apache-2.0
import { eventsOf, type CallFamily, type FileCall, type History } from '../history/event.ts';
import { callFamilies, changingFamilies } from '../tracing/calls.ts';

/** After the nth file call of a family that a process makes on the cache: `rename-1`. */
export type CallPlace = `${CallFamily}-${number}`;

/** Where a process can be stopped between two file calls, as a calm run of it shows. */
export interface CallPlaces {
  /** On a cold cache. */
  readonly cold: readonly CallPlace[];
  /** On a warm one, as long as anything of an entry is still to be read. */
  readonly warm: readonly CallPlace[];
  /** Those on a cold cache after which something on disk is another than before. */
  readonly changing: readonly CallPlace[];
}

export function isCallPlace(text: string): text is CallPlace {
  const [, family = ''] = /^([a-z]+)-[1-9]\d{0,5}$/.exec(text) ?? [];
  return (callFamilies as readonly string[]).includes(family);
}

export function partsOf(place: CallPlace): Pick<FileCall, 'family' | 'nth'> {
  const [family = '', nth = ''] = place.split('-');
  return { family: family as CallFamily, nth: Number(nth) };
}

/** What the histories of two calm runs tell, one on a cold and one on a warm cache. */
export function callPlaces(cold: History, warm: History): CallPlaces {
  const [onCold, onWarm] = [callsIn(cold), callsIn(warm)];
  const lastRead = onWarm.findLastIndex(({ family }) => family === 'read');
  return {
    cold: onCold.filter(({ family }) => family !== 'read').map(placeOf),
    warm: onWarm.slice(0, lastRead).map(placeOf),
    changing: onCold.filter(({ family, result }) => changingFamilies.includes(family) && !result.startsWith('E')).map(placeOf),
  };
}

/** Of many calls of a family on one file, as writes are, the first, the one in the middle and the last stand for all. */
function callsIn(history: History): readonly FileCall[] {
  const calls = eventsOf(history, 'file-call').map(({ call }) => call);
  return calls.filter((call) => {
    const those = calls.filter(({ family, path }) => family === call.family && path === call.path);
    return [0, Math.floor(those.length / 2), those.length - 1].includes(those.indexOf(call));
  });
}

function placeOf({ family, nth }: FileCall): CallPlace {
  return `${family}-${nth}`;
}
