// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { kebab, publishRunContext, readRunContext, readSettings, searchPath, type RunContext } from './config.ts';
import { hasCode, type StampedeError } from './foundation/errors.ts';

afterEach(() => vi.unstubAllEnvs());

function problemsOf(flags: Parameters<typeof readSettings>[0], environment: NodeJS.ProcessEnv): StampedeError {
  try {
    readSettings(flags, environment);
  } catch (error) {
    if (hasCode(error, 'CONFIG_INVALID')) return error;
    throw error;
  }
  throw new Error('nothing was wrong');
}

describe('readSettings', () => {
  it('has a value for what was not said', () => {
    expect(readSettings({}, {})).toEqual({
      stage: 'embedded',
      subject: 'reference',
      outputLimit: 16 * 1024 * 1024,
      gateTimeout: 15_000,
      updateSnapshots: false,
      ci: false,
      keep: false,
    });
  });

  it('takes flags before variables before defaults', () => {
    const environment = { STAMPEDE_SUBJECT: 'ec', STAMPEDE_SEED: 'from-variable', STAMPEDE_GATE_TIMEOUT: '200' };
    const settings = readSettings({ seed: 'from-flag', keep: true }, environment);
    expect(settings).toMatchObject({ seed: 'from-flag', subject: 'ec', gateTimeout: 200, keep: true, outputLimit: 16 * 1024 * 1024 });
  });

  it('takes an empty variable for none', () => {
    expect(readSettings({}, { STAMPEDE_SUBJECT: '', CI: '', STAMPEDE_DEADLINE: '' })).toMatchObject({ subject: 'reference', ci: false });
  });

  it('makes paths absolute', () => {
    expect(readSettings({ runs: 'runs/here' }, { STAMPEDE_BINARY: 'bin/ec' })).toMatchObject({ runs: resolve('runs/here'), binary: resolve('bin/ec') });
  });

  it('tells every problem at once, by flag and by variable', () => {
    const { message, hint } = problemsOf({ deadline: 'soon', unknownVariables: 'perhaps' }, { STAMPEDE_OUTPUT_LIMIT: '3', STAMPEDE_KEEP: 'maybe' });
    for (const name of ['--deadline', 'STAMPEDE_DEADLINE', '--unknown-variables', 'STAMPEDE_UNKNOWN_VARIABLES', '--output-limit', 'STAMPEDE_OUTPUT_LIMIT', '--keep', 'STAMPEDE_KEEP']) {
      expect(message).toContain(name);
    }
    expect(message.split('\n')).toHaveLength(5);
    expect(hint).toContain('--help');
  });

  it.each(['0', '99', '3600001', '1.5', 'NaN', '12x'])('refuses the deadline %s', (deadline) => {
    expect(problemsOf({ deadline }, {}).message).toContain('--deadline');
  });

  it.each([
    ['true', true],
    ['1', true],
    ['woodpecker', true],
    ['false', false],
    ['0', false],
    ['', false],
    [undefined, false],
  ])('reads CI=%s as %s', (CI, ci) => {
    expect(readSettings({}, { CI }).ci).toBe(ci);
  });

  it.each([
    ['1', true],
    ['yes', true],
    ['true', true],
    ['0', false],
    ['no', false],
  ])('reads STAMPEDE_KEEP=%s as %s', (STAMPEDE_KEEP, keep) => {
    expect(readSettings({}, { STAMPEDE_KEEP }).keep).toBe(keep);
  });

  it('can not be changed afterwards', () => {
    const settings = readSettings({}, {});
    expect(Object.isFrozen(settings)).toBe(true);
    expect(() => Object.assign(settings, { seed: 'x' })).toThrow(TypeError);
  });
});

it('names of settings as they are typed', () => {
  expect(kebab('updateSnapshots')).toBe('update-snapshots');
  expect(kebab('ci')).toBe('ci');
});

describe('the context of a run', () => {
  it('goes to workers through the environment, and comes out as it went in', () => {
    vi.stubEnv('STAMPEDE_RUN_CONTEXT', undefined);
    const context = { runId: 'run', seed: 'ünïcode "quoted"', validator: ['a b', ''], deadlineMs: 1 } as unknown as RunContext;
    publishRunContext(context);
    expect(readRunContext()).toEqual(context);
  });

  it('is missing when Cucumber was started by itself', () => {
    expect(() => readRunContext({})).toThrow(expect.objectContaining({ code: 'STAGE_MISSING' }));
  });
});

it('validators inherit the search path, and an empty one where there is none', () => {
  vi.stubEnv('PATH', '/some/bin');
  expect(searchPath()).toBe('/some/bin');
  vi.stubEnv('PATH', undefined);
  expect(searchPath()).toBe('');
});
