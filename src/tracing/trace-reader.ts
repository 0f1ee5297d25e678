// SPDX-License-Identifier: Apache-2.0
import { isAbsolute, join, relative } from 'node:path';
import type { FileCall } from '../history/event.ts';
import { familyOf } from './calls.ts';

/** One line of a trace that says something. */
export type TraceLine =
  | { readonly kind: 'call'; readonly call: FileCall }
  /** That thread does nothing until its process is told to go on. */
  | { readonly kind: 'stopped'; readonly thread: number };

/**
 * Reads what strace writes with `-f -y`, line by line, and counts: one counter for a process, a family and an entry, over all
 * threads, since in which order a process comes to its entries is chance. `directories` are names of the cache's folder; calls elsewhere are neither told of nor counted.
 */
export class TraceReader {
  readonly #directories: readonly string[];
  readonly #counts = new Map<string, number>();
  /** First halves of calls that others came in between of, by thread. */
  readonly #unfinished = new Map<string, string>();

  constructor(directories: readonly string[]) {
    this.#directories = directories;
  }

  read(line: string): TraceLine | undefined {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (rest === '--- stopped by SIGSTOP ---') return { kind: 'stopped', thread: Number(thread) };
    if (rest.endsWith('<unfinished ...>')) {
      this.#unfinished.set(thread, rest.slice(0, -'<unfinished ...>'.length));
      return undefined;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    const text = resumed === null ? rest : `${this.#unfinished.get(thread) ?? ''}${resumed[1] ?? ''}`;
    const call = this.#callOf(text);
    return call === undefined ? undefined : { kind: 'call', call };
  }

  #callOf(text: string): FileCall | undefined {
    const [, name = '', words = '', answer = ''] = /^(\w+)\((.*)\) += +(.*)$/.exec(text) ?? [];
    const family = familyOf(name, words);
    if (family === undefined) return undefined;
    const paths = pathsIn(words).map((path) => this.#inside(path)).filter((path) => path !== undefined);
    // What a rename makes is what matters of it.
    const path = family === 'rename' ? paths.at(-1) : paths[0];
    if (path === undefined) return undefined;
    const entry = /[0-9a-f]{64}/.exec(path)?.[0] ?? '';
    const nth = (this.#counts.get(`${family} ${entry}`) ?? 0) + 1;
    this.#counts.set(`${family} ${entry}`, nth);
    return { family, entry, nth, path, name, result: resultOf(answer) };
  }

  #inside(path: string): string | undefined {
    for (const directory of this.#directories) {
      const inside = relative(directory, path);
      if (!inside.startsWith('..') && !isAbsolute(inside)) return inside;
    }
    return undefined;
  }
}

/** `17</a/file>` and `"/a/file"`; a relative name belongs to the open folder before it. */
function pathsIn(words: string): readonly string[] {
  const paths: string[] = [];
  for (const [, opened, quoted] of words.matchAll(/(?:\d+|AT_FDCWD)<([^>]*)>|"((?:[^"\\]|\\.)*)"/g)) {
    if (opened !== undefined) paths.push(opened);
    else if (quoted !== undefined && isAbsolute(quoted)) paths.push(quoted);
    else if (quoted !== undefined && quoted !== '') paths.push(join(paths.pop() ?? '', quoted));
  }
  return paths.filter(isAbsolute);
}

/** `0`, a count, or the name of the error. */
function resultOf(answer: string): string {
  return /^-1 (E\w+)/.exec(answer)?.[1] ?? /^-?\w+|\?/.exec(answer)?.[0] ?? answer;
}
