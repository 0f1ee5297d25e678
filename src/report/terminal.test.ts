// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { ScenarioOutcome } from './outcome.ts';
import { seconds, TerminalReport, type Tally } from './terminal.ts';

interface Screen {
  readonly report: TerminalReport;
  text(): string;
}

function screen(options: { readonly isTTY?: boolean; readonly columns?: number } = {}): Screen {
  let written = '';
  const out = Object.assign(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        written += chunk.toString();
        done();
      },
    }),
    options,
  );
  return { report: new TerminalReport({ out, root: '/project', again: 'npm run acceptance --' }), text: () => written };
}

const outcome: ScenarioOutcome = {
  title: 'cold cache',
  feature: 'many processes',
  at: 'features/many.feature:7',
  verdict: 'broken',
  durationMs: 1234,
  failures: [{ step: 'Then the cache should be intact', at: 'features/many.feature:9', definition: '/project/steps/verdict.steps.ts:3', message: 'VERDICT_BROKEN: cache-intact: half\n  try: look' }],
  artifacts: { folder: '/project/runs/now/s-1', commands: ["ec 'a b'", 'ec c'] },
};
const held: ScenarioOutcome = { ...outcome, title: 'warm cache', verdict: 'held', failures: [], artifacts: undefined, durationMs: 12 };
const pending: ScenarioOutcome = { ...held, title: 'a task', verdict: 'pending', failures: [{ step: 'Given a working namespace', at: 'features/task.feature:4', definition: undefined, message: 'STEP_PENDING: there is no cluster' }] };
const tally: Tally = { held: 1, broken: 1, unknown: 0, harness: 0, pending: 0, skipped: 0 };
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

/** Everything that can be shown, once. */
function showAll({ report }: Screen): void {
  report.line('stage embedded');
  report.live('  … cold cache');
  report.scenario(outcome);
  report.scenario(held);
  for (const verdict of ['unknown', 'harness', 'pending', 'skipped'] as const) report.scenario({ ...outcome, verdict });
  report.live('  … cold cache');
  report.pending([pending]);
  report.failures([outcome, held, pending]);
  report.summary({ ...tally, unknown: 1, harness: 1, pending: 1, skipped: 1 }, '2 s · seed 1');
}

it('what is pending is told by reason, with its places, and is no failure', () => {
  const { report, text } = screen();
  const other = { ...pending, failures: [{ ...pending.failures[0]!, at: 'features/task.feature:9' }] };
  const another = { ...pending, failures: [{ ...pending.failures[0]!, step: 'Given a initialized tuf root', message: 'STEP_PENDING: no root of trust' }] };
  report.pending([held]);
  expect(text()).toBe('');
  report.pending([pending, another, other, held]);
  report.failures([pending, held]);
  report.summary({ ...tally, broken: 0, pending: 3 }, 'tail');
  expect(text()).toBe(`
PENDING: 3 scenarios can't be run to the end here; nothing is shown by them
   ~ there is no cluster
       features/task.feature:4  Given a working namespace
       features/task.feature:9  Given a working namespace
   ~ no root of trust
       features/task.feature:4  Given a initialized tuf root

4 scenarios: ✔ 1 held, ~ 3 pending  tail
`);
});

describe('a log file', () => {
  it('gets no colours and no control characters, and no line that is replaced', () => {
    const log = screen();
    showAll(log);
    expect(log.text()).not.toMatch(control);
    expect(log.text()).not.toContain('…');
  });

  it('gets none either where colours are asked for, or a build service sets CI', () => {
    const file = fileURLToPath(new URL('./terminal.ts', import.meta.url));
    const code = `import(${JSON.stringify(file)}).then(({ TerminalReport }) => { const report = new TerminalReport({ out: process.stdout, root: '/', again: '' }); report.live('x'); report.summary({ held: 1, broken: 0, unknown: 0, harness: 0, pending: 0, skipped: 0 }, 'tail'); })`;
    const text = execFileSync(process.execPath, ['--import', 'tsx', '-e', code], { env: { ...process.env, CI: 'true', FORCE_COLOR: '1' }, encoding: 'utf8' });
    expect(text).toBe('\n1 scenario: ✔ 1 held  tail\n');
  });

  it('gets nothing that a validator wrote to a terminal', () => {
    const log = screen();
    const hostile = '\u001b[2J\u001b]0;title\u0007red\u001b[31m text\rover\u0008\u009b1m\u0000\ttab';
    const hostileOutcome = { ...outcome, title: hostile, feature: hostile, failures: [{ ...outcome.failures[0]!, step: hostile, message: `${hostile}\nnext` }], artifacts: { folder: '/x', commands: [hostile] } };
    log.report.scenario(hostileOutcome);
    log.report.failures([hostileOutcome]);
    log.report.line(hostile);
    expect(log.text().replaceAll('\t', '')).not.toMatch(control);
    expect(log.text()).toContain(String.raw`\u001b[2J\u001b]0;title\u0007red text\u000dover\u0008\u009b1m\u0000`);
    expect(log.text()).toContain('\n     next\n');
  });
});

describe('a terminal', () => {
  it('gets a live line that the next line replaces', () => {
    const terminal = screen({ isTTY: true, columns: 40 });
    terminal.report.live('first');
    terminal.report.live('second');
    terminal.report.line('stays');
    terminal.report.line('stays too');
    expect(terminal.text().replaceAll(/\u001b\[\d*m/g, '')).toBe('first\r\u001b[2Ksecond\r\u001b[2Kstays\nstays too\n');
  });

  it.each([[20], [0], [undefined]])('gets a live line that fits into one line of %s columns', (columns) => {
    const terminal = screen({ isTTY: true, ...(columns === undefined ? {} : { columns }) });
    terminal.report.live(`two\nlines \u001b[2J${'x'.repeat(500)}`);
    const shown = terminal.text().replaceAll(/\u001b\[\d*m/g, '');
    expect(shown).toHaveLength((columns || 80) - 1);
    expect(shown).not.toMatch(control);
  });

  it('gets nothing of the validator’s but text', () => {
    const terminal = screen({ isTTY: true });
    terminal.report.line('\u001b[2Jwiped\rover');
    expect(terminal.text()).toBe('\\u001b[2Jwiped\\u000dover\n');
  });

  it('shows nothing any more once it was interrupted', () => {
    const terminal = screen({ isTTY: true });
    terminal.report.live('running');
    terminal.report.interrupted('SIGINT');
    const before = terminal.text();
    showAll(terminal);
    expect(terminal.text()).toBe(before);
    expect(before.endsWith('stopping the stage\n')).toBe(true);
  });
});

describe('what is shown', () => {
  it('has the feature once, then a line for each scenario', () => {
    const log = screen();
    log.report.scenario(held);
    log.report.scenario(outcome);
    log.report.scenario({ ...held, feature: 'another' });
    expect(log.text()).toBe('\nmany processes\n  ✔ warm cache  12 ms\n  ✘ cold cache  broken  1.2 s\n\nanother\n  ✔ warm cache  12 ms\n');
  });

  it('has all that is needed to look and to run again, for what failed', () => {
    const log = screen();
    log.report.failures([held, outcome, { ...held, verdict: 'skipped' }]);
    expect(log.text().trim().split('\n').map((line) => line.trimEnd())).toEqual([
      '1) many processes > cold cache  ✘ broken',
      '   scenario   features/many.feature:7',
      '   step       Then the cache should be intact',
      '              features/many.feature:9  (steps/verdict.steps.ts:3)',
      '',
      '     VERDICT_BROKEN: cache-intact: half',
      '       try: look',
      '',
      "   ran        ec 'a b'",
      '   ran        ec c',
      '   artifacts  runs/now/s-1',
      '   services   runs/now/services',
      '   again      npm run acceptance -- features/many.feature:7',
    ]);
  });

  it.each([{}, { isTTY: true }])('ends with the counts (%j)', (options) => {
    const log = screen(options);
    showAll(log);
    const last = log.text().trimEnd().split('\n').at(-1)?.replaceAll(/\u001b\[\d*m/g, '');
    expect(last).toBe('6 scenarios: ✔ 1 held, ✘ 1 broken, ? 1 unknown, ! 1 harness failed, ~ 1 pending, - 1 skipped  2 s · seed 1');
    expect(log.text().endsWith('\n')).toBe(true);
  });

  it.each([
    [{ ...tally, broken: 0 }, '1 scenario: ✔ 1 held  tail'],
    [{ ...tally, held: 0, broken: 0, unknown: 2 }, '2 scenarios: ✔ 0 held, ? 2 unknown  tail'],
  ])('counts %j', (counts, wanted) => {
    const log = screen();
    log.report.summary(counts, 'tail');
    expect(log.text()).toBe(`\n${wanted}\n`);
  });

  it('has paths as a person would type them from the project', () => {
    const { report } = screen();
    expect([report.short('/project/runs/a'), report.short('/elsewhere/a'), report.short('/project')]).toEqual(['runs/a', '/elsewhere/a', '/project']);
  });
});

it.each([
  [0.4, '0 ms'],
  [999, '999 ms'],
  [1000, '1.0 s'],
  [61_250, '61.3 s'],
])('%d ms are shown as %s', (ms, text) => {
  expect(seconds(ms)).toBe(text);
});
