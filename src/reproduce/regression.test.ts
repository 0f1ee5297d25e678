// SPDX-License-Identifier: Apache-2.0
import { AstBuilder, GherkinClassicTokenMatcher, Parser } from '@cucumber/gherkin';
import { IdGenerator } from '@cucumber/messages';
import { describe, expect, it } from 'vitest';
import { regressionFeature, type Kept } from './regression.ts';

const broken = (checker: string, run: 'scheduled' | 'calm' = 'scheduled'): Kept['verdicts'][number] => ({ checker, run, verdict: { verdict: 'broken', sentence: '', events: [] } });
const kept = (schedule: string, more: Partial<Kept> & { readonly flags?: readonly string[] } = {}): Kept => ({
  report: { title: 'it fails sometimes', subject: 'reference', workload: { participants: 2, flags: [] }, symptom: { exitStatus: 1 } },
  smallest: { schedule, participants: 2, shape: { layers: 1, layerBytes: 4096, flags: more.flags ?? [] } },
  verdicts: [broken('outcomes-agree')],
  ...more,
});

function parsed(text: string) {
  const { feature } = new Parser(new AstBuilder(IdGenerator.uuid()), new GherkinClassicTokenMatcher()).parse(text);
  const scenario = feature?.children.map((child) => child.scenario).find((one) => one !== undefined);
  return { title: feature?.name, description: feature?.description, tags: feature?.tags.map(({ name }) => name), children: feature?.children.length, steps: scenario?.steps.map(({ text: words }) => words) ?? [] };
}

describe('a regression', () => {
  it('says the situation in words, and what must hold there', () => {
    const { steps, title, tags } = parsed(regressionFeature(kept('leader-follower/first-byte/1', { verdicts: [broken('outcomes-agree'), broken('entries-whole'), broken('cache-intact', 'calm')] })));
    expect([title, tags]).toEqual(['it fails sometimes', ['@regression']]);
    expect(steps[0]).toMatch(/^2 validators share one cold cache and the first is held after 1 byte of the shared layer, with "validate image --image /);
    expect(steps.slice(1)).toEqual(['every validator reports what a serial run without cache reports', 'no cache entry was ever visible half-written', 'a later run on what is left comes out right']);
  });

  it.each([
    ['leader-follower/middle/2', /^2 validators share one cold cache and the first is held when it has half/],
    ['components-in-turn/middle', /^2 components of one validator share .* --json-input {"components":\[{"name":"1",.*bundle-1"},{"name":"2",/],
    ['damaged/truncated', /^1 validator shares one cache with truncated entries, with/],
    ['evict-while-reading/look-1-tar', /^1 validator shares one warm cache and all entries are removed after/],
    ['together-stops/rename-1/rename-1/1', /^2 validators meet under the schedule "together-stops\/rename-1\/rename-1\/1", with/],
    ['late-writer/look-1-tar/remove-1-tar', /^3 validators meet under the schedule "late-writer/],
    ['unusual/same-size', /^1 validator shares one cold cache, with "validate image --image \$\{REGISTRY\}\/acceptance\/bundle --policy /],
  ])('says %s', (schedule, words) => {
    expect(parsed(regressionFeature(kept(schedule))).steps[0]).toMatch(words);
  });

  it('asks for a tracer where a file call is held, and only there', () => {
    expect(parsed(regressionFeature(kept('leader-follower/rename-1/1'))).tags).toContain('@file-calls');
    expect(parsed(regressionFeature(kept('disk-fails/ENOSPC/write/1'))).tags).toContain('@file-calls');
    for (const schedule of ['leader-follower/byte-7/1', 'leader-fails/status-503/request/1']) expect(parsed(regressionFeature(kept(schedule))).tags).not.toContain('@file-calls');
  });

  it('is the reporter\'s word, and no more than that to Gherkin', () => {
    const description = 'Scenario: mine\n@tag\n"""\n| a |\nGiven nothing\n# no comment\n\u001b[2J';
    const report = { ...kept('together').report, title: 'one\nFeature: two', description, link: 'https://github.com/a/b/issues/17' };
    const found = parsed(regressionFeature(kept('together', { report })));
    expect(found).toMatchObject({ title: 'one Feature: two', tags: ['@regression', '@issue-17'], children: 2 });
    expect(found.description).toContain('> Scenario: mine\n  > @tag');
    expect(found.description).not.toContain('\u001b');
  });

  it('keeps flags, and refuses those that no step can say', () => {
    expect(parsed(regressionFeature(kept('together', { flags: ['--workers', '8'] }))).steps[0]).toMatch(/--output json --workers 8"$/);
    expect(() => regressionFeature(kept('together', { flags: ['a b'] }))).toThrow(/a step can't say the flag "a b"/);
  });

  it.each(['random/3/60/7', 'unusual/large-layer', 'naive'])('is none of %s', (schedule) => {
    expect(() => regressionFeature(kept(schedule))).toThrow(expect.objectContaining({ code: 'SCHEDULE_INVALID' }));
  });
});
