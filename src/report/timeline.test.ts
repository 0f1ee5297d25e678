// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { timelinePage } from './timeline.ts';
import { asks, cacheFile, crowd, history, tornRead, traced, type Timed } from './timeline/test-runs.ts';
import type { DrawnRun } from './timeline/run-view.ts';

const again = 'npm run explore -- --replay leader-follower/middle/1';
const page = (...runs: readonly DrawnRun[]): string => timelinePage({ runs, again, failure: undefined });
const told = (html: string): string => html.replaceAll(/<style>.*<\/style>/gs, '').replaceAll(/<[^>]*>/g, '\n').replaceAll('&#39;', "'").replaceAll('&#34;', '"').replaceAll(/\n+/g, '\n');

describe('the page of a torn read', () => {
  const html = page(tornRead());

  it('begins with what is wrong and how to see it again', () => {
    expect(told(html.slice(html.indexOf('<body>'))).trim().split('\n').slice(0, 4)).toEqual(['✘ broken', ' validator-2 differs from the serial run', 'again: ', again]);
  });

  it('tells who stood where, what the other one did meanwhile, and what lay in the cache', () => {
    const [, story = ''] = /<p class="story">(.*?)<\/p>/.exec(html) ?? [];
    expect(told(story)).toBe(
      'validator-1 stands at the gate "leader": it has 262,370 of 524,741 bytes of layer A of acceptance/bundle-validator-1. ' +
        'Meanwhile validator-2 asked the registry 1 time, but never for layer A, and ended with status 1. ' +
        'The cache has at that time 262,370 of 524,741 bytes of layer A.',
    );
  });

  it('marks what the verdict names, in the picture, in the steps and among the events', () => {
    expect(html.match(/class="mark blamed"><title>event 24, /g)).toHaveLength(2);
    expect(html).toContain('<li class="wrong">validator-2 said something else than the serial run. <small>621 ms, event 24</small></li>');
    expect(html).toContain('<tr class="wrong"><td class="number">24</td>');
  });

  it('has the verdicts of all checkers, with their differences', () => {
    expect(told(html)).toContain('outcomes-agree\nbroken\nvalidator-2 differs from the serial run:\n- exit status 0\n+ exit status 1');
    expect(told(html)).toContain('overlapped\nheld\n');
  });

  it('has a title for every mark, which begins with an index and a time', () => {
    const titles = [...html.matchAll(/<g class="mark[^"]*">(<title>([^<]*)<\/title>)?/g)].map(([, , title]) => title ?? 'none');
    expect(titles.length).toBeGreaterThan(25);
    expect(titles.filter((title) => !/^(?:events? [\d, to]+(?:and \d+)?, [\d,.]+ m?s|nothing was seen for)/.test(title))).toEqual([]);
  });
});

describe('what the verdicts are decides what stands first', () => {
  it('unknown says that nothing is proved', () => {
    const run = tornRead();
    const html = page({ ...run, verdicts: [{ checker: 'overlapped', verdict: { verdict: 'unknown', reason: 'nobody came' } }] });
    expect(told(html)).toContain('? unknown\n nobody came');
    expect(html).toContain('it says nothing about the validator');
  });

  it('held stands there too, so that a run that held can be looked at', () => {
    expect(told(page({ ...tornRead(), verdicts: [{ checker: 'ended', verdict: { verdict: 'held' } }] }))).toContain('✔ held\n every verdict held');
  });

  it.each([
    ['SNAPSHOT_MISMATCH: stdout differs', '✘ broken'],
    ['VERDICT_UNKNOWN: overlapped: nobody came', '? unknown'],
    ['STEP_UNDEFINED: no step is written', '? unknown'],
  ])('a step that failed with %s is %s', (failure, sign) => {
    expect(told(timelinePage({ runs: [{ ...tornRead(), verdicts: [] }], again: undefined, failure }))).toContain(`${sign}\n ${failure}`);
  });

  it('of several runs, the one that is broken is open and the others are folded', () => {
    const calm: DrawnRun = { ...tornRead(), name: 'calm', verdicts: [] };
    const html = page({ ...calm, name: 'before' }, tornRead(), calm);
    expect([...html.matchAll(/<details class="run"( open)?><summary><h2>([^<]*)/g)].map(([, open, title]) => [open, title])).toEqual([
      [undefined, 'The run before, which filled the cache'],
      [' open', 'The run under the schedule'],
      [undefined, 'The calm run after it, on the same cache'],
    ]);
  });
});

describe('a history from anywhere', () => {
  const hostile = `<script>hacked()</script></title></text></svg>"'><img src=x onerror=hacked()>&amp;\u202e\u0000`;
  const allowed = new Set('html head meta title style body header h1 b p code details summary h2 h3 span figure svg path g rect circle text line ol li ul small table thead tbody tr th td pre'.split(' '));
  const attributes = new Set('lang charset http-equiv content name class open viewBox role aria-label aria-hidden d x y x1 x2 y1 y2 width height cx cy r text-anchor textLength lengthAdjust title'.split(' '));

  const html = timelinePage({
    runs: [{ ...tornRead([hostile, `${hostile}2`], hostile), name: hostile, plan: { meeting: hostile, subject: hostile, seed: hostile, gates: [{ name: 'leader', until: { kind: hostile } }] } }],
    again: hostile,
    failure: hostile,
  });

  it('adds no element and no attribute', () => {
    const tags = [...html.replace('<!doctype html>', '').matchAll(/<\/?([^\s>/]+)([^>]*)>/g)];
    expect(tags.map(([, name = '']) => name).filter((name) => !allowed.has(name))).toEqual([]);
    const names = tags.flatMap(([, , rest = '']) => [...rest.matchAll(/([\w-]+)="[^"]*"/g)].map(([, name = '']) => name));
    expect(names.filter((name) => !attributes.has(name))).toEqual([]);
    expect(tags.filter(([, , rest = '']) => rest.replaceAll(/ [\w-]+="[^"]*"/g, '').replaceAll(/ open|\/$/g, '').trim() !== '')).toEqual([]);
  });

  it('is shown as it is, with what can not be seen by its number', () => {
    expect(html).toContain('&#60;script&#62;hacked()');
    expect(html).toContain('\\u202e\\u0000');
    expect(html).not.toMatch(/[\u202e\u0000]/);
  });

  it('may lack a plan, verdicts and events', () => {
    for (const history of [[], tornRead().history.slice(0, 1), tornRead().history.slice(0, 10)]) {
      const empty = page({ name: 'run-1', plan: null, history, verdicts: [] });
      expect(empty).toContain('no verdicts are stored');
      expect(empty).not.toMatch(/NaN|undefined|Infinity/);
    }
  });
});

describe('a long history', () => {
  it('stays small: file calls at one place are one mark, and one row', () => {
    const html = page(traced(20_000));
    expect(html.length).toBeLessThan(300_000);
    expect(html).toMatch(/<title>events \d[\d,]* to [\d,]+, [^:]*: [\d,]+ file calls of validator-1: [\d,]+ write/);
    expect(told(html)).toContain('60,007 events');
  });

  it('still tells which call was the wrong one', () => {
    expect(told(page(traced(20_000)))).toContain('validator-2 opens tar of layer A when validator-1 has made 12 of its 20,000 writes to it');
  });

  it('has bounds for whatever comes in numbers', () => {
    const many = Array.from({ length: 20_000 }, (_, index) => index);
    const { history: events, ...rest } = tornRead();
    const more = many.flatMap((index): Timed[] => [
      [700 + index * 0.01, asks('validator-1', 100 + index, `sha256:${String(index).padStart(64, '0')}`)],
      [700.001 + index * 0.01, { kind: 'gate-arrived', gate: `gate ${index}`, participant: 'validator-2' }],
      [700.002 + index * 0.01, { kind: 'fault-struck', gate: `gate ${index}`, participant: 'validator-2', fault: 'kill' }],
      [700.003 + index * 0.01, cacheFile('held', `file-${index}`, index, 'foreign')],
      [700.004 + index * 0.01, { kind: 'cache-looked-at', moment: 'held', files: 1 }],
      [700.005 + index * 0.01, { kind: 'outcome-compared', participant: `other-${index}`, against: 'x', equal: false, difference: '' }],
    ]);
    const verdicts = many.map((index) => ({ checker: `checker ${index}`, verdict: { verdict: 'broken', sentence: 'x\n'.repeat(200), events: many.slice(0, 1000) } as const }));
    const all = history(...events.map(({ index: _, at, ...body }): Timed => [at, body]), ...more);
    expect(page({ ...rest, history: all, verdicts }).length).toBeLessThan(3_000_000);
  });

  it('has lanes for a crowd, up to a bound that it tells of', () => {
    const html = page(crowd(60, 30));
    expect(html.length).toBeLessThan(1_500_000);
    expect(told(html)).toContain('and 20 more participants');
    expect(told(html)).toContain('validator-60 is killed (SIGKILL)');
  });
});
