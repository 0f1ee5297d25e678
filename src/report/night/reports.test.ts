// SPDX-License-Identifier: Apache-2.0
import { parseEnvelope, TestStepResultStatus, type Envelope } from '@cucumber/messages';
import { Query } from '@cucumber/query';
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import type { Finding, FindingStatus, NightSummary } from '../../nightly/summary.ts';
import { judgeNight } from '../../nightly/verdict.ts';
import { casesOf, suitesOf } from './cases.ts';
import { cucumberMessages } from './cucumber-messages.ts';
import { junitReport } from './junit-report.ts';
import { markdownReport } from './markdown-report.ts';
import { busyNight, findingOf, hostileNight, hugeNight, quietNight } from './test-nights.ts';

const hostile = '`` ```\n# <script>alert(1)</script> ]]> --> "\'&amp; | @everyone #1 [x](javascript:1) \u0000\u0007\u001b[31m\u202e\ufffe\uffff\ud800 漢字🙂\nScenario: @tag """ \\n <!ENTITY x SYSTEM "file:///">';

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly parent: string;
  text: string;
}

/** By a strict parser: whatever is not well-formed throws. */
function elementsOf(xml: string): readonly Element[] {
  const elements: Element[] = [];
  const open: Element[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes, parent: open.at(-1)?.name ?? '', text: '' };
    elements.push(element);
    open.push(element);
  });
  parser.on('text', (text) => {
    const last = open.at(-1);
    if (last !== undefined) last.text += text;
  });
  parser.on('closetag', () => void open.pop());
  parser.write(xml).close();
  return elements;
}

const huge = hugeNight();

describe('JUnit XML', () => {
  it('has a suite for the night and one for each target, each finding where it is, and counts that are right', () => {
    const elements = elementsOf(junitReport(busyNight()));
    const of = (name: string): readonly Element[] => elements.filter((one) => one.name === name);
    expect(of('testsuite').map(({ attributes }) => attributes['name'])).toEqual(['smoke-4f2a91c0', 'reference', 'reference-torn', 'ec']);
    expect(new Set(elements.map(({ name, parent }) => `${parent}/${name}`))).toEqual(new Set(['/testsuites', 'testsuites/testsuite', 'testsuite/properties', 'properties/property', 'testsuite/testcase', 'testcase/failure', 'testcase/error', 'testcase/skipped', 'testcase/system-out']));
    expect([of('failure').length, of('error').length]).toEqual([4, 2]);
    for (const [counted, name] of [['tests', 'testcase'], ['failures', 'failure'], ['errors', 'error'], ['skipped', 'skipped']] as const) {
      expect(Number(of('testsuites')[0]?.attributes[counted])).toBe(of(name).length);
      expect(of('testsuite').reduce((sum, { attributes }) => sum + Number(attributes[counted]), 0)).toBe(of(name).length);
    }
    expect(of('failure')[0]?.attributes).toEqual({ message: 'new: outcomes-agree: validator-2 differs from the serial run', type: 'broken' });
    expect(of('failure')[0]?.text).toContain('again: npm run explore -- --replay nights/runs/');
    expect(of('skipped').map(({ attributes }) => attributes['message'])).toEqual(expect.arrayContaining(['known: issue 12, known until version 1.4.0: a reader sees half a layer', '40 clean runs since it was seen, of 114 that it takes: not to be called fixed yet', 'nothing is known: all of 200 runs are unknown']));
    expect(of('testsuite').every(({ attributes }) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(attributes['timestamp'] ?? ''))).toBe(true);
  });

  it('calls what is gone passed when the clean runs are enough, and not before', () => {
    const fixed = findingOf('gone', { clean: { runs: 114, needed: 114, isFixed: true } });
    expect(casesOf(quietNight({ findings: [fixed] })).at(-1)).toMatchObject({ outcome: 'passed', message: '114 clean runs since it was seen, 114 are enough: fixed' });
    expect(casesOf(quietNight({ findings: [findingOf('gone')] })).at(-1)).toMatchObject({ outcome: 'skipped' });
  });

  it.each([['hostile text', () => hostileNight(hostile)], ['a huge night', () => huge], ['a quiet night', () => quietNight()]])('is well-formed with %s, and bounded', (_, night) => {
    const xml = junitReport(night());
    expect(elementsOf(xml).length).toBeGreaterThan(5);
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u001b\ufffe\uffff\u202e]/);
    expect(Buffer.byteLength(xml)).toBeLessThan(20 * 1024 * 1024);
  });

  it('is well-formed with any text', () => {
    const unit = fc.oneof(fc.constantFrom(...'<>&"\'`]-!?\n\t\r\u0000\u0008\u001b\u007f\u0085\u2028\ufffe\uffff\ud800\udfff'.split('')), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }));
    fc.assert(fc.property(fc.array(unit).map((signs) => signs.join('')), (text) => elementsOf(junitReport(quietNight({ findings: [findingOf('new', { sentence: text })], reasons: [text] }))).length > 0));
  });
});

const status = fc.constantFrom<FindingStatus>('new', 'back', 'expired', 'standing', 'known', 'gone', 'not-run');

/** What a night came to, with the verdict that the judge of nights gives it. */
const judged = fc
  .record({ statuses: fc.array(status, { maxLength: 4 }), held: fc.integer({ min: 0, max: 2 }), isAbove: fc.boolean(), missing: fc.boolean(), harness: fc.boolean(), inMatrix: fc.boolean() })
  .map(({ statuses, held, isAbove, missing, harness, inMatrix }): NightSummary => {
    const base = quietNight();
    const findings: readonly Finding[] = statuses.map((one, at) => findingOf(one, { key: String(at) }));
    const facts = {
      night: { ...base.night, shards: base.night.shards.map((shard) => ({ ...shard, endedBy: harness ? ('harness' as const) : null })) }, counts: { held, broken: 0, unknown: 1, harness: 0 }, findings, vanished: [],
      missingShards: missing ? [{ index: 1, count: 1, command: 'npm run nightly' }] : [], unknown: { ...base.unknown, isAbove },
    };
    return { ...base, ...facts, ...judgeNight(facts), matrix: inMatrix ? base.matrix : [] };
  });

it('the exit status is 0 exactly where no case failed and none is unknown; 1 exactly where one failed', () => {
  fc.assert(
    fc.property(judged, (summary) => {
      const outcomes = casesOf(summary).map(({ outcome }) => outcome);
      expect(outcomes.some((one) => one === 'failed' || one === 'unknown')).toBe(summary.exitStatus !== 0);
      expect(outcomes.includes('failed')).toBe(summary.exitStatus === 1);
    }),
  );
});

describe('Cucumber messages', () => {
  const parsed = (text: string): readonly Envelope[] => text.trimEnd().split('\n').map(parseEnvelope);

  it('are read back as a scenario for each case, with the worst results where they belong', () => {
    const summary = busyNight();
    const query = new Query();
    for (const envelope of parsed(cucumberMessages(summary))) query.update(envelope);
    const results = query.findAllTestCaseStarted().map((started) => {
      const { name = '', uri = '' } = query.findPickleBy(started) ?? {};
      return { name, uri, status: query.findMostSevereTestStepResultBy(started)?.status };
    });
    const words = { passed: 'PASSED', failed: 'FAILED', unknown: 'PENDING', skipped: 'SKIPPED' } as const;
    expect(results.map(({ name, status: result }) => [name, result])).toEqual([...suitesOf(summary).values()].flat().map(({ name, outcome }) => [name, words[outcome]]));
    expect(new Set(results.map(({ uri }) => uri))).toEqual(new Set(['nightly/smoke-4f2a91c0.feature', 'nightly/reference.feature', 'nightly/reference-torn.feature', 'nightly/ec.feature']));
    expect(query.findTestRunFinished()?.success).toBe(false);
    expect(query.countMostSevereTestStepResultStatus()[TestStepResultStatus.FAILED]).toBe(4);
  });

  it('are of a run that succeeded where the night held', () => {
    expect(parsed(cucumberMessages(quietNight())).at(-1)?.testRunFinished?.success).toBe(true);
  });

  it.each([['hostile text', () => hostileNight(hostile)], ['a huge night', () => huge]])('are parsed with %s', (_, night) => {
    const envelopes = parsed(cucumberMessages(night()));
    expect(envelopes.flatMap(({ pickle }) => pickle ?? []).length).toBe(casesOf(night()).length);
    expect(envelopes.length).toBeLessThan(60_000);
    expect(envelopes.filter(({ parseError }) => parseError !== undefined)).toEqual([]);
  });
});

describe('Markdown', () => {
  it('says the verdict first, then what to do', () => {
    const text = markdownReport(busyNight());
    expect(text).toMatch(/^## ✘ broken: night `smoke-4f2a91c0`\n\n- `4 broken: 1 new/);
    expect(text).toContain('> [!WARNING]\n> 6.3 % of the runs are unknown');
    expect(text).toContain('```sh\nnpm run explore -- --replay nights/runs/');
    expect(text.indexOf('✘ new')).toBeLessThan(text.indexOf('◆ known'));
  });

  it('is far below what a page of a job takes, whatever was found', () => {
    expect(Buffer.byteLength(markdownReport(huge))).toBeLessThan(100_000);
    expect(Buffer.byteLength(markdownReport(hostileNight('🙂`'.repeat(100_000))))).toBeLessThan(100_000);
  });

  it('has nothing from elsewhere outside of code', () => {
    const text = markdownReport(hostileNight(hostile));
    const outside = text.replaceAll(/^(`{3,})sh\n[^]*?\n\1$/gm, '').replaceAll(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, '');
    expect(outside).not.toMatch(/script|everyone|javascript|ENTITY|Scenario/);
    expect(text).not.toMatch(/[\u0000-\u0009\u001b\u202e]/);
  });
});

it('JSON of a summary can be drawn: a number that is none is null there', () => {
  const summary = JSON.parse(JSON.stringify(quietNight({ findings: [findingOf('gone', { clean: { runs: 3, needed: Infinity, isFixed: false } })] }))) as NightSummary;
  expect(junitReport(summary)).toContain('no number is enough to call it fixed');
});
