// SPDX-License-Identifier: Apache-2.0
import { eventsOf, type CacheState, type History } from '../history/event.ts';
import { held, type Checker } from './checker.ts';
import { layIn } from './layers-read.ts';
import { isOpaque } from './opaque.ts';

/** The cache was what the run was told that it is: a run on another one says nothing of it. It never blames the validator. */
export const cachePrepared: Checker = {
  name: 'cache-prepared',
  check(history) {
    const told = eventsOf(history, 'workload-known').find(({ cache }) => cache !== undefined)?.cache;
    if (told === undefined) return { verdict: 'unknown', reason: 'nothing was told of the cache' };
    const before = eventsOf(history, 'cache-looked-at').find(({ moment }) => moment === 'before');
    if (before === undefined) return { verdict: 'unknown', reason: 'nobody looked at the cache before the run' };
    const problem = problemOf(history, told, before.files);
    return problem === undefined ? held : { verdict: 'unknown', reason: `the cache was not ${told} before the run: ${problem}` };
  },
};

function problemOf(history: History, told: CacheState, files: number): string | undefined {
  const layers = eventsOf(history, 'workload-known').flatMap((event) => event.layers);
  const whole = layers.filter((layer) => layIn(history, layer, 'before')).length;
  const count = `${whole} of the ${layers.length} layers that are read lay whole in it`;
  switch (told) {
    case 'cold':
      return files === 0 ? undefined : `${files} files lay in it`;
    case 'warm':
      if (isOpaque(history)) return files > 0 ? undefined : 'nothing lay in it';
      return layers.length > 0 && whole === layers.length ? undefined : count;
    case 'half-filled':
      return whole > 0 && whole < layers.length ? undefined : count;
    case 'damaged':
      if (files === 0) return 'there was nothing in it to be damaged';
      return whole === 0 ? undefined : count;
  }
}
