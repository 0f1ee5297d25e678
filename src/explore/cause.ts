// SPDX-License-Identifier: Apache-2.0
import type { NamedVerdict } from '../checkers/checker.ts';

/** What makes two failures one finding: what was seen, under which strategy, at which place. Who led is no part of it. */
export interface Cause {
  /** The checkers that said broken, and the first one's words without what differs from run to run. */
  readonly symptom: string;
  readonly strategy: string;
  /** Empty for strategies that have none, and for schedules of chance, where no place is the same twice. */
  readonly place: string;
}

/** Of a schedule by its name and of all its verdicts; undefined where none is broken. */
export function causeOf(schedule: string, verdicts: readonly NamedVerdict[]): Cause | undefined {
  const broken = verdicts.flatMap(({ checker, verdict }) => (verdict.verdict === 'broken' ? [{ checker, sentence: verdict.sentence }] : []));
  const [first] = broken;
  if (first === undefined) return undefined;
  const checkers = [...new Set(broken.map(({ checker }) => checker))].sort();
  return { symptom: `${checkers.join('+')}: ${generalized(first.sentence)}`, ...placeOf(schedule) };
}

/** Under which strategy and at which place a schedule looks, whether it finds something there or not. */
export function placeOf(schedule: string): Pick<Cause, 'strategy' | 'place'> {
  const [strategy = '', ...rest] = schedule.split('/');
  const places = strategy === 'random' ? [] : rest.filter((part) => !/^\d+$/.test(part));
  return { strategy, place: places.join('/') };
}

/** One line by which findings are grouped and sorted. */
export function causeKey({ symptom, strategy, place }: Cause): string {
  return [strategy, place, symptom].filter((part) => part !== '').join(' | ');
}

/** Digests, numbers, and what stands in places of its own in every run. Longer than a line, it is cut. */
function generalized(sentence: string): string {
  const [line = ''] = sentence.split('\n');
  const general = line
    .replaceAll(/\bsha(?:256|512)[:-][0-9a-f]{8,}…?/g, 'digest')
    .replaceAll(/\b[0-9a-f]{12,}\b/g, '…')
    .replaceAll(/\bs-[0-9a-f]{8}\b/g, 's-…')
    .replaceAll(/\d+/g, 'N');
  // What is said of one file or process is said of each in turn: once is enough.
  const parts = [...new Set(general.split('; '))];
  return parts.join('; ').slice(0, 160);
}
