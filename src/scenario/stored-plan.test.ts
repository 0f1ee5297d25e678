// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, it } from 'vitest';
import type { GateRule } from '../faults/gate.ts';
import { enumerate, idOf, type Schedule } from '../explore/schedule.ts';
import { gatesOf } from '../explore/schedule-gates.ts';
import type { Plan } from './plan.ts';
import { publishedPlanSchema } from './plan-schema.ts';
import type { Digest } from '../oci/digest.ts';
import { readPlan, senselessIn } from './stored-plan.ts';

const folder = mkdtempSync(join(tmpdir(), 'stored-plan-'));
afterAll(() => rmSync(folder, { recursive: true }));

const published = await readFile(new URL('../../schemas/plan.schema.json', import.meta.url), 'utf8');
const isPlan = new Ajv2020({ strict: true, strictTypes: false }).compile(JSON.parse(published) as object);

const leader: GateRule = { name: 'leader', hold: { resource: 'blob', references: ['sha256:a'], participants: ['one'] }, at: 'middle', until: { kind: 'standstill', parties: 'participant', count: 2 }, timeoutMs: 500 };
const plan: Plan = {
  version: 1,
  scenario: 's-1',
  subject: 'reference',
  seed: 'abc',
  participants: [{ name: 'one', arguments: ['validate', ''] }, { name: 'two', arguments: [] }],
  gates: [
    leader,
    { name: 'others', hold: { resource: 'manifest', participants: ['two'] }, until: { kind: 'reached', parties: 'participant', count: 1, gate: 'leader' }, timeoutMs: 500, isOptional: true },
    { name: 'call', hold: { call: 'rename', entry: 'a'.repeat(64), nth: 2, participants: ['one'] }, until: { kind: 'ended-or-waits', parties: 'participant', count: 1, participant: 'two', orAt: 'leader' }, timeoutMs: 500, then: 'evict' },
    { ...leader, name: 'slow', at: 'byte-4096', then: { kind: 'trickle', bytes: 1, everyMs: 10, times: 3 } },
  ],
  turns: { order: ['one', 'two'], changes: [3], families: ['write'], timeoutMs: 500 },
  meeting: 'schedule leader-follower/middle/1',
  sharedLayer: `sha256:${'a'.repeat(64)}` as Digest,
  cache: 'half-filled',
  isTraced: false,
  exploration: { schedule: 'leader-follower/middle/1', participants: 2, plantedBug: '', binary: '/bin/x', isWithoutCache: true, deadlineMs: 1000, gateTimeoutMs: 500 },
};
const least: Plan = { version: 1, scenario: 's-1', subject: 'reference', seed: 'abc', participants: [], gates: [], meeting: 'alone' };

let files = 0;
function stored(document: unknown): string {
  const file = join(folder, `${(files += 1)}.json`);
  writeFileSync(file, typeof document === 'string' ? document : JSON.stringify(document));
  return file;
}

async function refusal(document: unknown): Promise<string> {
  return await readPlan(stored(document)).then(
    () => 'it was read',
    (error: Error & { code?: string; hint?: string }) => `${error.code ?? ''} ${error.message} ${error.hint ?? ''}`,
  );
}

describe('the published schema', () => {
  it('is the one that the code makes: npm run schemas:build', () => {
    expect(published).toBe(publishedPlanSchema());
  });

  it('takes what runs store, by another validator than the one that made it', () => {
    const about = { digest: `sha256:${'a'.repeat(64)}`, diffId: `sha256:${'b'.repeat(64)}`, participants: ['one', 'two'], ownOf: () => undefined, layers: { all: ['sha256:a'], own: ['sha256:c'] }, repositories: ['s/one', 's/two'], timeoutMs: 500 };
    const calls = { cold: ['rename-1'], warm: ['open-1'], damaged: ['look-1'], changing: ['rename-1'], disk: ['EIO/read', 'EROFS/create'] } as const;
    const gatesIn = (schedule: Schedule): readonly GateRule[][] => [false, true].map((writesBeforeAsking) => [...gatesOf(schedule, { ...about, writesBeforeAsking })]);
    const met = enumerate(2, calls).flatMap((schedule) => gatesIn(schedule).map((gates): Plan => ({ ...least, participants: plan.participants, meeting: `schedule ${idOf(schedule)}`, gates })));
    for (const one of met) expect(senselessIn(one)).toEqual([]);
    for (const one of [plan, least, ...met]) expect([isPlan(one), isPlan.errors]).toEqual([true, null]);
  });

  it.each([
    ['another version', { ...plan, version: 2 }],
    ['a field that there is not', { ...plan, colour: 'red' }],
    ['no gates', { ...plan, gates: undefined }],
    ['a place that there is not', { ...plan, gates: [{ ...leader, at: 'end' }] }],
    ['a fault that there is not', { ...plan, gates: [{ ...leader, then: 'burn' }] }],
    ['a time-out of nothing', { ...plan, gates: [{ ...leader, timeoutMs: 0 }] }],
    ['a gate without a time-out', { ...plan, gates: [{ ...leader, timeoutMs: undefined }] }],
  ])('refuses %s, as the code does', async (_name, document) => {
    const plain = JSON.parse(JSON.stringify(document)) as unknown;
    expect(isPlan(plain)).toBe(false);
    expect(await refusal(plain)).toContain('PLAN_INVALID');
  });
});

describe('a stored plan', () => {
  it.each([['with everything', plan], ['with nothing that may be left out', least]])('is read back, %s', async (_name, one) => {
    expect(await readPlan(stored(one))).toEqual(one);
  });

  it('names all that is wrong at once', async () => {
    const said = await refusal({ ...plan, seed: '', gates: [{ ...leader, at: 'byte--1' }], meeting: 'by chance' });
    for (const field of ['seed', 'gates.0.at', 'meeting']) expect(said).toContain(field);
  });

  it.each([
    ['{"version": 1, "scen', 'is damaged: it is not JSON'],
    ['[]', 'is no plan'],
    ['null', 'is no plan'],
    [{ ...plan, version: 2 }, 'is a plan of version 2, and this program reads version 1 use the program that made it, or a newer one'],
  ])('is refused with what to do: %j', async (document, words) => {
    expect(await refusal(document)).toContain(words);
  });

  it('has to be there', async () => {
    await expect(readPlan(join(folder, 'nowhere', 'plan.json'))).rejects.toMatchObject({ code: 'PLAN_INVALID', message: expect.stringContaining('there is no plan at') as string });
  });
});

describe('a plan that can never come true', () => {
  const calls = { call: 'rename', entry: '', nth: 1, participants: ['one'] } as const;

  it.each([
    ['more than take part', { ...leader, until: { kind: 'arrivals', parties: 'participant', count: 3 } }, 'waits for 3, and there are 2'],
    ['more than there are components', { ...leader, until: { kind: 'requests', parties: 'repository', count: 3, of: { resource: 'manifest', repositories: ['a', 'b'] } } }, 'waits for 3, and there are 2'],
    ['a stranger', { ...leader, hold: { resource: 'blob', participants: ['three'] } }, 'is for three, who takes no part'],
    ['somebody at a gate that there is not', { ...leader, until: { kind: 'ended-or-waits', parties: 'participant', count: 1, participant: 'two', orAt: 'nowhere' } }, 'waits for the gate "nowhere", which there is not'],
    ['the end of a stranger', { ...leader, until: { kind: 'ended-or-waits', parties: 'participant', count: 1, participant: 'three' } }, 'is for three'],
    ['a gate that there is not', { ...leader, until: { kind: 'reached', parties: 'participant', count: 1, gate: 'back' } }, 'waits for the gate "back"'],
    ['a status in a body', { ...leader, then: 404 }, 'gives another status'],
    ['entries removed in a body', { ...leader, then: 'evict' }, 'removes entries, and holds no file call'],
    ['a reset after a file call', { name: 'leader', hold: calls, until: leader.until, timeoutMs: 1, then: 'reset' }, 'no request can be struck'],
    ['a blow for who has not been started', { name: 'leader', hold: { start: true, participants: ['one'] }, until: leader.until, timeoutMs: 1, then: 'kill' }, 'to which nothing can be done'],
    ['a file call in a body', { ...leader, hold: calls }, 'is after a file call, and in a body'],
  ] as readonly (readonly [string, GateRule, string])[])('has %s', (_name, gate, words) => {
    expect(senselessIn({ participants: plan.participants, gates: [gate] }).join()).toContain(words);
  });
});
