// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { EventBody } from '../history/event.ts';
import { held, judge, worst, type Verdict } from './checker.ts';
import { checkersFor } from './defaults.ts';
import { compared, exited, historyOf, opened, started } from './test-history.ts';

const broken: Verdict = { verdict: 'broken', sentence: 'so', events: [0] };
const unknown: Verdict = { verdict: 'unknown', reason: 'so' };

describe('judge', () => {
  it('gives what the checker found, with its name', () => {
    expect(judge({ name: 'strict', check: () => broken }, [])).toEqual({ checker: 'strict', verdict: broken });
  });

  it('is unknown when the checker throws', () => {
    const failing = judge({ name: 'failing', check: () => { throw new Error('bug'); } }, []);
    expect(failing).toMatchObject({ checker: 'failing', verdict: { verdict: 'unknown', reason: expect.stringContaining('bug') as string } });
  });
});

describe('worst', () => {
  it.each([
    ['broken', [held, broken, unknown]],
    ['unknown', [held, unknown]],
    ['held', [held, held]],
  ])('%s comes out', (expected, verdicts) => {
    expect(worst(verdicts.map((verdict, index) => ({ checker: `${index}`, verdict })))).toBe(expected);
  });
});

describe('checkersFor', () => {
  const namesFor = (...bodies: readonly EventBody[]) => checkersFor(historyOf(...bodies)).map(({ name }) => name);

  it.each([
    ['any run', [], ['ended', 'cache-intact']],
    ['several participants', [started('one'), started('two')], ['ended', 'cache-intact', 'overlapped']],
    ['one participant at gates', [started('one'), opened('components', 'timeout')], ['ended', 'cache-intact', 'overlapped']],
    ['a cache made to be cold', [{ kind: 'workload-known', layers: [], cache: 'cold' }], ['ended', 'cache-intact', 'cache-prepared']],
    ['somebody killed', [{ kind: 'fault-struck', gate: 'leader', participant: 'one', fault: 'kill' }], ['ended']],
    ['a full disk', [{ kind: 'fault-struck', gate: 'leader', participant: 'one', fault: 'ENOSPC/write' }], ['ended', 'cache-intact', 'disk-failed']],
    ['entries removed', [{ kind: 'fault-struck', gate: 'reader', participant: 'one', fault: 'evict' }], ['ended', 'cache-intact']],
    ['compared outcomes', [started('one'), exited('one'), compared('one', true)], ['ended', 'cache-intact', 'outcomes-agree']],
  ] as readonly (readonly [string, readonly EventBody[], readonly string[]])[])('%s', (_what, bodies, names) => {
    expect(namesFor(...bodies)).toEqual(names);
  });
});
