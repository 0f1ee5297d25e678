// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Outcome } from '../policy/outcome.ts';
import { makeReport, type ComponentFindings, type ReportSettings } from './report.ts';
import { renderReport } from './write.ts';

const clean: Outcome = { violations: [], warnings: [], successes: [] };
const settings: ReportSettings = {
  key: 'PEM',
  policy: { sources: [{ policy: ['git::h/a.git?ref=c'] }], publicKey: 'key.pub' },
  version: '1',
  effectiveTime: '2025-01-01T00:00:00Z',
  showSuccesses: false,
  info: false,
};

function findings(name: string, containerImage: string, outcome: Partial<Outcome> = {}): ComponentFindings {
  return { name, containerImage, source: {}, outcome: { ...clean, ...outcome }, signatures: [], attestations: [] };
}

const full = { code: 'a.b', title: 'T', description: 'D', solution: 'S', term: 't', effective_on: '2022-01-01T00:00:00Z' };

describe('makeReport', () => {
  it('orders components by reference, descending, then by name', () => {
    const report = makeReport([findings('b', 'h/a'), findings('z', 'h/c'), findings('a', 'h/a'), findings('y', 'h/b')], settings);
    expect(report.components.map(({ name }) => name)).toEqual(['z', 'y', 'a', 'b']);
  });

  it('succeeds unless there is a violation, and leaves empty lists out', () => {
    const warned = makeReport([findings('a', 'h/a', { warnings: [{ msg: 'w' }] })], settings);
    expect(warned.components[0]).toEqual({ name: 'a', containerImage: 'h/a', source: {}, warnings: [{ msg: 'w' }], success: true });
    const denied = makeReport([findings('a', 'h/a'), findings('b', 'h/b', { violations: [{ msg: 'v' }] })], settings);
    expect([denied.success, ...denied.components.map(({ success }) => success)]).toEqual([false, false, true]);
  });

  it('shows successes only when asked to', () => {
    const one = [findings('a', 'h/a', { successes: [{ msg: 'Pass' }] })];
    expect(makeReport(one, settings).components[0]).not.toHaveProperty('successes');
    expect(makeReport(one, { ...settings, showSuccesses: true }).components[0]?.successes).toEqual([{ msg: 'Pass' }]);
  });

  it('keeps of the metadata what tells results apart, and all of it with info', () => {
    const one = [findings('a', 'h/a', { violations: [{ msg: 'v', metadata: full }] })];
    expect(makeReport(one, settings).components[0]?.violations?.[0]?.metadata).toEqual({
      code: 'a.b',
      term: 't',
      effective_on: '2022-01-01T00:00:00Z',
    });
    expect(makeReport(one, { ...settings, info: true }).components[0]?.violations?.[0]?.metadata).toEqual(full);
  });
});

describe('renderReport', () => {
  const report = makeReport([findings('a', 'h/a', { violations: [{ msg: 'bad: "x"', metadata: { code: 'a.b' } }] })], settings);

  it('writes the same document as JSON and as YAML', async () => {
    expect(JSON.parse(await renderReport(report, 'json'))).toEqual(report);
    expect(parse(await renderReport(report, 'yaml'))).toEqual(report);
  });

  it('keeps the order of the keys', async () => {
    const keys = Object.keys(JSON.parse(await renderReport(report, 'json')) as object);
    expect(keys).toEqual(['success', 'components', 'key', 'policy', 'ec-version', 'effective-time']);
  });

  it('writes text for people', async () => {
    const text = await renderReport(report, 'text');
    expect(text).toContain('Violations: 1, Warnings: 0, Successes: 0');
    expect(text).toContain('✕ [Violation] a.b\n  Reason: bad: "x"');
  });
});
