// SPDX-License-Identifier: Apache-2.0
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPlan } from '../scenario/stored-plan.ts';
import { exploring, type Said } from './test-explore.ts';

const folder = mkdtempSync(join(tmpdir(), 'explore-replay-'));
const explore = exploring(join(folder, 'runs'));
const kept = join(folder, 'kept');
let first: Said;

/** One attempt that is broken, moved away from where it was stored. */
beforeAll(() => {
  first = explore('--planted-bug', 'broken-download-published', '--replay', 'leader-fails/short-body/byte-4096/1', '--gate-timeout', '14000', '--seed', 'once');
  const stored = /^ {3}stored +(.+)$/m.exec(first.text)?.[1] ?? '';
  if (first.status === 1) cpSync(stored, kept, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A plan that may be made wrong. */
interface Loose {
  version: number;
  subject: string;
  meeting: string;
  exploration?: { schedule?: string; binary?: string };
  gates: { name: string; at?: string; hold: { references?: string[] }; until: { count: number } }[];
}

/** Another folder, with the plan changed. */
let changes = 0;
function changed(change: (plan: Loose) => void): string {
  const target = join(folder, `changed-${(changes += 1)}`);
  mkdirSync(target);
  const plan = JSON.parse(readFileSync(join(kept, 'scheduled', 'plan.json'), 'utf8')) as Loose;
  change(plan);
  writeFileSync(join(target, 'plan.json'), JSON.stringify(plan));
  return target;
}

describe('a stored attempt', () => {
  it('was broken, by a gate at a byte', () => {
    expect([first.status, first.errors]).toEqual([1, '']);
    expect(first.text).toContain('cache-intact (calm run)');
  });

  it('has plans that say all of it', async () => {
    const plans = await Promise.all(['scheduled', 'calm'].map(async (run) => await readPlan(join(kept, run, 'plan.json'))));
    for (const { exploration, seed, subject } of plans) {
      expect({ ...exploration, seed, subject }).toEqual({ schedule: 'leader-fails/short-body/byte-4096/1', participants: 2, plantedBug: 'broken-download-published', gateTimeoutMs: 14_000, seed: 'once', subject: 'reference' });
    }
  });

  it.each([['the folder of the attempt', ''], ['that of its run', 'scheduled'], ['that of the calm run', 'calm'], ['the plan itself', 'scheduled/plan.json']])('is repeated from %s alone', (_name, part) => {
    const { status, text, last } = explore('--replay', join(kept, part));
    expect(text).toContain('✘ broken   leader-fails/short-body/byte-4096/1');
    expect(text).toMatch(/^ {3}as stored in .*: broken$/m);
    expect(last).toMatch(/^1 of 1 schedules: 0 held, 1 broken, 0 unknown .* seed once$/);
    expect(status).toBe(1);
  });

  it('is repeated from a plan that was copied away, and with the gates that stand in it', () => {
    const alone = changed(({ gates }) => {
      for (const gate of gates) if (gate.name === 'leader') gate.at = 'byte-8000';
    });
    const { status, text } = explore('--replay', alone);
    expect(status).toBe(1);
    const stored = /^ {3}stored +(.+)$/m.exec(text)?.[1] ?? '';
    expect(readFileSync(join(stored, 'scheduled', 'history.ndjson'), 'utf8')).toContain('"afterBytes":8000');
  });

  it('is said to come out as another one where it does', () => {
    const { status, text } = explore('--replay', kept, '--planted-bug', '');
    expect(text).toMatch(/^ {3}not as stored in .*: broken then, held now$/m);
    expect(status).toBe(0);
  });
});

describe('a folder that can not be replayed', () => {
  const change = (wrong: Partial<Loose>) => (): string => changed((plan) => void Object.assign(plan, wrong));
  const explored = (wrong: Loose['exploration']) => (): string => changed(({ exploration }) => void Object.assign(exploration ?? {}, wrong));

  it.each([
    ['has a plan of a newer version', change({ version: 2 }), /PLAN_INVALID: .* version 2, and this program reads version 1\n {2}try: /],
    ['has no plan', () => folder, /PLAN_INVALID: there is no plan at/],
    ['has a run of a process alone', () => changed((plan) => {
      plan.meeting = 'alone';
      delete plan.exploration;
    }), /PLAN_INVALID: .* is a run of no schedule/],
    ['has a schedule that there is not', explored({ schedule: 'sideways/middle' }), /CONFIG_INVALID: no schedule/],
    ['has a leader that takes no part', explored({ schedule: 'leader-killed/middle/3' }), /CONFIG_INVALID: no schedule/],
    ['holds a layer that nobody reads', () => changed(({ gates }) => void (gates[0]!.hold.references = ['sha256:none'])), /PLAN_INVALID: .* holds the layer sha256:none, which nobody reads/],
    ['waits for more than take part', () => changed(({ gates }) => void (gates[0]!.until.count = 3)), /PLAN_INVALID: .*\n.* waits for 3, and there are 2/],
    ['has another subject', change({ subject: 'nobody' }), /SUBJECT_UNKNOWN/],
    ['has a program that is gone', explored({ binary: '/nowhere/validator' }), /VALIDATOR_MISSING: there is no validator at \/nowhere\/validator/],
  ])('%s', (_name, made, words) => {
    const { status, errors, text } = explore('--replay', made());
    expect(errors).toMatch(words);
    expect([status, text]).toEqual([2, '']);
  });

  it('has a plan that is damaged', () => {
    const target = changed(() => undefined);
    writeFileSync(join(target, 'plan.json'), '{"version": 1,');
    expect(explore('--replay', target)).toMatchObject({ status: 2, text: '', errors: expect.stringMatching(/PLAN_INVALID: .* is damaged: it is not JSON/) as string });
  });
});

describe('what can not be explored', () => {
  it.each([
    [['--replay', kept, '--schedule', 'together'], 'nothing else can be run with it'],
    [['--replay', join(dirname(kept), 'nowhere')], 'neither a schedule nor a folder'],
    [['--schedule', 'sideways'], 'no schedule of 2 processes'],
    [['--schedule', 'leader-follower/byte-9999999/1'], 'byte-9999999 is beyond the shared layer, which has'],
    [['--participants', '65'], 'more than there can be images'],
    [['--planted-bug', 'nobody'], 'no bug is known as "nobody"'],
  ])('is refused before anything starts: %j', (args, words) => {
    const { status, errors, text } = explore(...args);
    expect(errors).toContain(words);
    expect([status, text]).toEqual([2, '']);
  });
});
