// SPDX-License-Identifier: Apache-2.0
import { sign } from './cache-rows.ts';
import { classWords } from './words.ts';
import type { CacheFileClass } from '../../history/event.ts';
import { html } from './text.ts';

const bar = (style: string): string => `<rect x="1" y="3" width="24" height="10" class="${style}"/>`;
const tick = (style: string): string => `<rect x="11" y="3" width="4" height="10" class="call ${style}"/>`;

const signs: readonly (readonly [shapes: string, words: string])[] = [
  ['<rect x="1" y="6" width="24" height="4" class="life"/><circle cx="20" cy="8" r="5" class="end exited"/>', 'a process, and its end by itself'],
  ['<circle cx="13" cy="8" r="5" class="end ended"/>', 'ended by somebody else, or by a signal'],
  [bar('request'), 'a request, until its answer was passed on'],
  [bar('request layer'), 'one for a layer that the run is about'],
  [bar('request troubled'), 'refused, broken off or not answered'],
  [bar('held'), 'held: stands at a gate'],
  [bar('gate'), 'a gate, from the first who came to its opening'],
  ['<path d="M13 14l-4 -10h8z" class="came"/>', 'somebody comes to it'],
  ['<path d="M13 0v16" class="opening"/>', 'it opens by its condition'],
  ['<path d="M13 0v16" class="opening unmet"/>', 'it opens without it: nothing is proved'],
  ['<path d="M13 1l7 7l-7 7l-7 -7z" class="fault"/>', 'a fault strikes'],
  ['<rect x="12" y="1" width="2" height="14" class="turn"/>', 'has its turn'],
  [tick('look'), 'file call: looks, opens, closes'],
  [tick('read'), 'reads'],
  [tick('write'), 'creates, writes, syncs'],
  [tick('name'), 'renames, removes'],
  [tick('lock'), 'locks'],
  [tick('write failed'), 'ends with an error'],
];

const classes: readonly CacheFileClass[] = ['exact', 'short-by-padding', 'prefix', 'other-bytes', 'foreign', 'unknown-content'];

/** What the signs of a picture mean; only of those that are in it. */
export function legend(picture: string): string {
  const all = [...signs, ...classes.map((kind) => [sign(kind, 13, 8), `in the cache: ${classWords[kind]}`] as const), ['<circle cx="13" cy="8" r="7" class="balloon wrong"/>', 'what a verdict names as broken'] as const];
  const used = all.filter(([shapes]) => picture.includes(lastWord(shapes)));
  return `<ul class="legend">${used.map(([shapes, words]) => `<li><svg viewBox="0 0 26 16" aria-hidden="true">${shapes}</svg>${html(words)}</li>`).join('')}</ul>`;
}

/** Of the class of the last shape: troubled requests may be of layers, failed calls of any family. */
function lastWord(shapes: string): string {
  const [, words = ''] = /class="([^"]*)"\/>$/.exec(shapes) ?? [];
  const isQualified = words.endsWith(' troubled') || words.endsWith(' failed');
  return isQualified ? `${words.slice(words.lastIndexOf(' '))}"` : `class="${words}`;
}
