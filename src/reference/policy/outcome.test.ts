// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { AnnotatedRule, CompiledPolicy, Decision } from './compiled.ts';
import { evaluatePolicy, mergeOutcomes } from './outcome.ts';

const now = new Date('2025-06-01T00:00:00Z');
const acceptor: AnnotatedRule = { path: 'main/deny', title: 'Acceptor', custom: { short_name: 'acceptor' } };
const other: AnnotatedRule = { path: 'main/deny', custom: { short_name: 'other' } };

function policy(rules: readonly AnnotatedRule[], ...decisions: readonly Decision[]): CompiledPolicy {
  return { rules, decide: () => decisions };
}

function denies(...results: readonly unknown[]): Decision {
  return { entrypoint: 'main/deny', results };
}

describe('evaluatePolicy', () => {
  it('makes a success of each annotated rule that did not fire', () => {
    const outcome = evaluatePolicy(policy([acceptor, other], denies({ msg: 'no', code: 'main.other' })), {}, now);
    expect(outcome.successes).toEqual([{ msg: 'Pass', metadata: { code: 'main.acceptor', title: 'Acceptor' } }]);
    expect(outcome.violations).toEqual([{ msg: 'no', metadata: { code: 'main.other' } }]);
  });

  it('lends a result without a code that of the only rule, and no code where there are several', () => {
    expect(evaluatePolicy(policy([acceptor], denies('bad')), {}, now)).toEqual({
      violations: [{ msg: 'bad', metadata: { code: 'main.acceptor', title: 'Acceptor' } }],
      warnings: [],
      successes: [],
    });
    expect(evaluatePolicy(policy([acceptor, other], denies('bad')), {}, now).violations).toEqual([{ msg: 'bad' }]);
  });

  it.each([
    ['2025-06-01T00:00:01Z', 'warnings'],
    ['2025-06-01T00:00:00Z', 'violations'],
    ['2022-01-01T00:00:00Z', 'violations'],
  ] as const)('puts a denial effective on %s among the %s', (effectiveOn, list) => {
    const outcome = evaluatePolicy(policy([], denies({ msg: 'later', code: 'main.x', effective_on: effectiveOn })), {}, now);
    expect(outcome[list]).toEqual([{ msg: 'later', metadata: { code: 'main.x', effective_on: effectiveOn } }]);
    expect([...outcome.violations, ...outcome.warnings]).toHaveLength(1);
  });

  it('takes the date from the annotation where the result has none', () => {
    const dated = { ...acceptor, custom: { short_name: 'acceptor', effective_on: '2099-01-01T00:00:00Z' } };
    expect(evaluatePolicy(policy([dated], denies('later')), {}, now).warnings).toHaveLength(1);
  });

  it('never makes a violation of a warning', () => {
    const outcome = evaluatePolicy(policy([], { entrypoint: 'main/warn', results: ['hm'] }), {}, now);
    expect(outcome).toEqual({ violations: [], warnings: [{ msg: 'hm' }], successes: [] });
  });
});

describe('mergeOutcomes', () => {
  it('orders by code, then by message', () => {
    const result = (msg: string, code: string) => ({ msg, metadata: { code } });
    const one = { violations: [result('z', 'b'), result('b', 'c')], warnings: [], successes: [] };
    const two = { violations: [result('a', 'c'), result('y', 'a')], warnings: [], successes: [] };
    expect(mergeOutcomes([one, two]).violations.map(({ msg }) => msg)).toEqual(['y', 'z', 'a', 'b']);
  });
});
