// SPDX-License-Identifier: Apache-2.0
import { excused } from '../checkers/excuses.ts';
import { eventsOf, type EventOf } from '../history/event.ts';
import { hexIn, namesFor } from '../report/timeline/names.ts';
import { groupedBy, viewOf, type DrawnRun, type Lane, type Look, type RunView } from '../report/timeline/run-view.ts';
import { storyOf } from '../report/timeline/story.ts';
import { counted, cut, duration, grouped, listed } from '../report/timeline/text.ts';
import { classWords, endOf, sizeOf } from '../report/timeline/words.ts';

/**
 * What happened, as one paragraph: who overlapped with whom, where each stood and what the others did meanwhile, which bytes were read when and in which
 * state their entry was, what came of it, and what is left. Made of histories and verdicts alone.
 */
export function explanationOf(runs: readonly DrawnRun[]): string {
  const names = namesFor(runs.map(({ history }) => history));
  const views = runs.map((run) => viewOf(run, names));
  const [scheduled, calm] = [views.find(({ name }) => name !== 'calm' && name !== 'before'), views.find(({ name }) => name === 'calm')];
  if (scheduled === undefined) return '';
  const sentences = [overlap(scheduled), ...storyOf(scheduled), ...readings(scheduled), ...outcomes(scheduled), ...leftIn(scheduled), ...(calm === undefined ? [] : afterwards(calm))];
  return sentences.filter((sentence) => sentence !== '').map((sentence) => `${capital(sentence)}.`).join(' ');
}

function overlap({ lanes, history }: RunView): string {
  const those = lanes.filter(({ started }) => started !== undefined);
  const cache = eventsOf(history, 'cache-looked-at').find(({ moment }) => moment === 'before');
  const state = cache === undefined ? 'one cache' : cache.files === 0 ? 'one cold cache' : `one cache that has ${counted(cache.files, 'file')} from before`;
  const [only] = those;
  if (those.length === 1 && only !== undefined) {
    const repositories = new Set(only.asked.flatMap(({ request: { target } }) => (target.resource === 'manifest' && target.repository?.endsWith('/parent') === false ? [target.repository] : [])));
    return `${only.participant} runs by itself on ${state}${repositories.size > 1 ? `, with ${grouped(repositories.size)} components at the same time` : ''}`;
  }
  const since = Math.max(...those.map(({ started }) => started?.at ?? 0));
  const until = Math.min(...those.map(({ exited }) => exited?.at ?? Infinity));
  const together = Number.isFinite(until) && until > since ? `, all of them at the same time for ${duration(until - since)}` : '';
  return `${listed(those.map(({ participant }) => participant))} run on ${state}${together}`;
}

/** Where nobody traced file calls: who never asked for a layer that is read has it from the cache, whatever was there. */
function readings(view: RunView): readonly string[] {
  if (view.lanes.some(({ calls }) => calls.length > 0)) return traced(view);
  const from = view.lanes.filter((lane) => isWrong(lane) && lane.exited?.ending === 'exited').flatMap((lane) => fromCache(lane, view).map((what) => ({ who: lane.participant, what })));
  return together(from).map(({ whose, what }) => `So ${whose} ${whose.includes(' and ') ? 'have' : 'has'} ${what}`);
}

/** What is said of several is said once. */
function together(each: readonly { readonly who: string; readonly what: string }[]): readonly { readonly whose: string; readonly what: string }[] {
  return [...groupedBy(each, ({ what }) => what)].map(([what, those]) => ({ whose: listed(those.map(({ who }) => who)), what }));
}

function fromCache(lane: Lane, view: RunView): readonly string[] {
  const asked = new Map(lane.asked.map(({ request }) => [hexIn(request.target.reference ?? ''), request]));
  const held = view.gates.flatMap(({ arrivals }) => arrivals).filter(({ participant, afterBytes }) => participant !== lane.participant && afterBytes !== undefined);
  return held.flatMap(({ request, afterBytes = 0, participant }) => {
    const layer = view.requests.get(request ?? -1)?.target.reference ?? '';
    if (asked.has(hexIn(layer)) || !view.names.isLayer(hexIn(layer))) return [];
    return [`${view.names.in(layer)} from the cache, of which ${participant} had got ${grouped(afterBytes)} bytes`];
  });
}

/** The first reads of each on what was not whole. */
function traced(view: RunView): readonly string[] {
  return view.lanes.filter(isWrong).flatMap((lane) => {
    const read = groupedBy(lane.calls.filter(({ call }) => call.family === 'read' && call.entry !== '' && Number(call.result) > 0), ({ call }) => call.path);
    return [...read].slice(0, 2).flatMap(([path, calls]) => readOf(lane, path, { calls, view }));
  });
}

function readOf({ participant }: Lane, path: string, { calls, view }: { readonly calls: readonly EventOf<'file-call'>[]; readonly view: RunView }): readonly string[] {
  const [first] = calls;
  const bytes = calls.reduce((sum, { call }) => sum + Number(call.result), 0);
  const all = view.names.sizeOf(hexIn(path));
  if (first === undefined || all === undefined || bytes >= all) return [];
  return [`From ${duration(first.at)} on, ${participant} reads ${grouped(bytes)} of the ${grouped(all)} bytes of ${cut(view.names.in(path), 60)}, and takes that for all of it`];
}

function isWrong({ compared }: Lane): boolean {
  return compared.some(({ equal, isTold }) => !equal && isTold !== true);
}

/** What they said, and what they should have. */
function outcomes(view: RunView): readonly string[] {
  const struck = excused(view.history);
  const different = differing(view);
  const hung = view.lanes.flatMap(({ exited }) => (exited !== undefined && exited.ending !== 'exited' && !struck.includes(exited.participant) ? [`${exited.participant} ${endOf(exited)}`] : []));
  const others = view.verdicts.flatMap(({ checker, verdict }) => (verdict.verdict === 'broken' && !['outcomes-agree', 'ended', 'cache-intact'].includes(checker) ? [`the checker ${checker} says: ${cut(view.names.in(verdict.sentence.split('\n')[0] ?? ''), 300)}`] : []));
  return [...different, ...hung, ...others];
}

/** Who hangs says nothing at all: that is told of its end. */
function differing(view: RunView): readonly string[] {
  const those = view.lanes.filter(({ exited }) => exited?.ending === 'exited').flatMap(({ compared }) => compared).filter(({ equal, isTold }) => !equal && isTold !== true);
  return together(those.map((one) => ({ who: one.participant, what: `something else than alone${parting(one, view)}` }))).map(({ whose, what }) => `${whose} ${whose.includes(' and ') ? 'say' : 'says'} ${what}`);
}

/** The first line of each side that the other one does not have. */
function parting({ difference }: EventOf<'outcome-compared'>, { names }: RunView): string {
  const lines = difference.split('\n').slice(difference.split('\n').findIndex((line) => line.startsWith('@@')) + 1);
  const of = (sign: string): string | undefined => lines.find((line) => line.startsWith(sign))?.slice(1).trim();
  const [alone, now] = [of('-'), of('+')];
  if (alone === undefined && now === undefined) return '';
  const said = (text: string | undefined): string => (text === undefined ? 'nothing' : cut(names.in(text), 100));
  return `: ${said(now)} in place of ${said(alone)}`;
}

/** Entries that are not what their names promise, or what was left beside them. */
function leftIn(view: RunView): readonly string[] {
  const after = view.looks.findLast(({ at }) => at.moment === 'after');
  const bad = badIn(after, view);
  return bad.length === 0 ? [] : [`Afterwards the cache has ${listed(bad)}`];
}

function badIn(look: Look | undefined, view: RunView): readonly string[] {
  const usual = new Set(eventsOf(view.history, 'usual-files-known').flatMap(({ paths }) => paths));
  const bad = (look?.files ?? []).filter((seen) => seen.class === 'prefix' || seen.class === 'other-bytes' || (seen.class === 'foreign' && !usual.has(seen.path)));
  return bad.map((seen) => `${sizeOf(seen, view)} as ${cut(view.names.in(seen.path), 60)} (${classWords[seen.class]})`);
}

/** The calm run on what is left. */
function afterwards(view: RunView): readonly string[] {
  const broken = view.verdicts.flatMap(({ checker, verdict }) => (verdict.verdict === 'broken' ? [{ checker, sentence: verdict.sentence }] : []));
  if (broken.length === 0) return ['A calm run on what is left comes out right'];
  const each = broken.map(({ checker, sentence }) => (checker === 'outcomes-agree' ? undefined : `${checker}: ${cut(view.names.in(sentence.split('\n')[0] ?? ''), 200)}`)).filter((words) => words !== undefined);
  return [`A calm run on what is left is wrong, too: ${[...differing(view), ...each].slice(0, 3).join('; ')}`];
}

function capital(sentence: string): string {
  // Names of participants stay as they are.
  return /^(?:the|a|an|so|from|all) /i.test(sentence) ? `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}` : sentence;
}
