// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { describeError, ExitStatus, exitStatusOf, hasCode, isFinding, StampedeError } from './errors.ts';

describe('describeError', () => {
  it('shows code, every cause and the hint, one a line', () => {
    const cause = new Error('no route', { cause: new StampedeError('PORT_TAKEN', 'port 5000') });
    const error = new StampedeError('SERVICE_START_FAILED', 'registry did not start', { cause, hint: 'choose another port' });
    expect(describeError(error).split('\n')).toEqual([
      'SERVICE_START_FAILED: registry did not start',
      '  because: no route',
      '  because: PORT_TAKEN: port 5000',
      '  try: choose another port',
    ]);
  });

  it('shows the first hint of the chain when the outermost error has none', () => {
    const cause = new StampedeError('GIT_MISSING', 'git is not on the PATH', { hint: 'install git' });
    expect(describeError(new StampedeError('SERVICE_START_FAILED', 'git did not start', { cause }))).toContain('  try: install git');
  });

  it('shows why each of several failed', () => {
    const several = new AggregateError([new Error('door', { cause: new Error('still busy') }), new StampedeError('GIT_FAILED', 'push')], 'several failed');
    const text = describeError(new StampedeError('TEARDOWN_FAILED', 'could not release', { cause: several }));
    expect(text).toContain('  because: several failed: door because still busy; GIT_FAILED: push');
  });

  it('ends where causes go in a circle', () => {
    const one = new Error('one');
    const two = new Error('two', { cause: one });
    one.cause = two;
    expect(describeError(one)).toBe('one\n  because: two');
  });

  it.each([
    ['text', 'text'],
    [undefined, 'undefined'],
    [null, 'null'],
    [new Error('plain'), 'plain'],
  ])('shows what was thrown when that is no error of ours (%s)', (thrown, text) => {
    expect(describeError(thrown)).toBe(text);
  });
});

describe('exit statuses', () => {
  it.each([
    ['CONFIG_INVALID', ExitStatus.usage],
    ['NOTHING_SELECTED', ExitStatus.usage],
    ['GIT_MISSING', ExitStatus.usage],
    ['VERDICT_UNKNOWN', ExitStatus.unknown],
    ['VERDICT_BROKEN', ExitStatus.broken],
    ['SNAPSHOT_MISMATCH', ExitStatus.broken],
    ['SNAPSHOT_FILE_CORRUPT', ExitStatus.harness],
    ['SERVICE_START_FAILED', ExitStatus.harness],
    ['STEP_OUT_OF_ORDER', ExitStatus.harness],
  ] as const)('%s ends a command with %i', (code, status) => {
    expect(exitStatusOf(new StampedeError(code, ''))).toBe(status);
  });

  it('count what is no error of ours as the harness', () => {
    expect(exitStatusOf(new TypeError('bug'))).toBe(4);
    expect(exitStatusOf('thrown')).toBe(4);
  });

  it('are the five that are documented', () => {
    expect(ExitStatus).toEqual({ held: 0, broken: 1, usage: 2, unknown: 3, harness: 4 });
  });
});

describe('codes', () => {
  it('are matched on errors of this project only', () => {
    expect(hasCode(new StampedeError('GIT_FAILED', ''), 'GIT_FAILED')).toBe(true);
    expect(hasCode(new StampedeError('GIT_FAILED', ''), 'GIT_MISSING')).toBe(false);
    expect(hasCode(Object.assign(new Error(''), { code: 'GIT_FAILED' }), 'GIT_FAILED')).toBe(false);
  });

  it('tell findings from failures of the harness', () => {
    expect(['EXPECTATION_BROKEN', 'SNAPSHOT_MISMATCH', 'SNAPSHOT_MISSING', 'VERDICT_BROKEN'].every(isFinding)).toBe(true);
    expect(['VERDICT_UNKNOWN', 'TEARDOWN_FAILED', 'STEP_UNDEFINED', ''].some(isFinding)).toBe(false);
  });
});
