// SPDX-License-Identifier: Apache-2.0
import type { AnnotatedRule, CompiledPolicy, Decision } from './compiled.ts';

/** One line of a report: what was found, and under which code. */
export interface Result {
  readonly msg: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** What a policy, or all of them, say about one component. */
export interface Outcome {
  readonly violations: readonly Result[];
  readonly warnings: readonly Result[];
  readonly successes: readonly Result[];
}

/**
 * Asks one policy. A violation that is effective only after `effectiveTime` is a warning; an annotated rule that
 * did not fire is a success.
 */
export function evaluatePolicy(policy: CompiledPolicy, input: object, effectiveTime: Date): Outcome {
  const decisions = policy.decide(input);
  const found = decisions.flatMap((decision) => decision.results.map((result) => resultOf(result, decision, policy.rules)));
  const isViolation = ({ rule, result }: Found): boolean => rule === 'deny' && !isInFuture(result, effectiveTime);
  const fired = new Set(found.map(({ result }) => result.metadata?.['code']));
  return {
    violations: found.filter(isViolation).map(({ result }) => result),
    warnings: found.filter((one) => !isViolation(one)).map(({ result }) => result),
    successes: policy.rules.filter((rule) => codeOf(rule) !== undefined && !fired.has(codeOf(rule))).map(successOf),
  };
}

/** Puts outcomes together, each list ordered by code and then by message. */
export function mergeOutcomes(outcomes: readonly Outcome[]): Outcome {
  return {
    violations: outcomes.flatMap(({ violations }) => violations).sort(byCode),
    warnings: outcomes.flatMap(({ warnings }) => warnings).sort(byCode),
    successes: outcomes.flatMap(({ successes }) => successes).sort(byCode),
  };
}

interface Found {
  readonly rule: string | undefined;
  readonly result: Result;
}

function resultOf(value: unknown, decision: Decision, rules: readonly AnnotatedRule[]): Found {
  const { msg, ...given } = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : { msg: value };
  const code = given['code'] ?? soleCode(decision.entrypoint, rules);
  const rule = rules.find((one) => codeOf(one) === code);
  const metadata = { ...(code === undefined ? {} : { code }), ...(rule === undefined ? {} : describe(rule)), ...given };
  const result = { msg: typeof msg === 'string' ? msg : JSON.stringify(msg), ...(isEmpty(metadata) ? {} : { metadata }) };
  return { rule: decision.entrypoint.split('/').at(-1), result };
}

/** A compiled policy does not tell which of several `deny` rules gave a result, so only a single one lends its code. */
function soleCode(entrypoint: string, rules: readonly AnnotatedRule[]): string | undefined {
  const [rule, ...others] = rules.filter(({ path }) => path === entrypoint);
  return rule !== undefined && others.length === 0 ? codeOf(rule) : undefined;
}

function codeOf({ path, custom }: AnnotatedRule): string | undefined {
  const shortName = custom?.['short_name'];
  return typeof shortName === 'string' ? [...path.split('/').slice(0, -1), shortName].join('.') : undefined;
}

function describe({ title, description, custom }: AnnotatedRule): Record<string, unknown> {
  const { solution, collections, effective_on: effectiveOn, term } = custom ?? {};
  const known = { title, description, solution, collections, effective_on: effectiveOn, term };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}

function successOf(rule: AnnotatedRule): Result {
  return { msg: 'Pass', metadata: { code: codeOf(rule), ...describe(rule) } };
}

function isInFuture({ metadata }: Result, effectiveTime: Date): boolean {
  const from = metadata?.['effective_on'];
  return typeof from === 'string' && Date.parse(from) > effectiveTime.getTime();
}

function byCode(left: Result, right: Result): number {
  return compare(resultCode(left), resultCode(right)) || compare(left.msg, right.msg);
}

/** Policies give whatever they like as a code; only text is one. */
export function resultCode({ metadata }: Result): string {
  const code = metadata?.['code'];
  return typeof code === 'string' ? code : '';
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}
