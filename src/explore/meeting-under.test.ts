// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Participant } from '../scenario/run.ts';
import type { ScenarioRun } from '../scenario/scenario-run.ts';
import { openTestStage, type TestStage } from '../scenario/test-scenario.ts';
import { meetingUnder } from './meeting-under.ts';
import { schedulesNamed } from './schedule.ts';

let stage: TestStage;
let scenario: ScenarioRun;

beforeAll(async () => {
  stage = await openTestStage();
  scenario = await stage.open();
  await scenario.images.pushBundles('bundle', 3);
  await scenario.images.pushImage('plain');
});

afterAll(async () => await stage[Symbol.asyncDispose]());

const participants = (...images: readonly string[]): readonly Participant[] => images.map((image, index) => ({ name: `validator-${index + 1}`, arguments: ['--image', ...image.split(' ').map((one) => scenario.images.referenceOf(one))] }));
const force = (name: string, those: readonly Participant[]) => meetingUnder(scenario, schedulesNamed(name, Math.max(1, those.length))[0]!).force(those);
const layersOf = (image: string): readonly string[] => scenario.images.named(image).image.layers.map(({ descriptor }) => descriptor.digest);

describe('what is held', () => {
  it('is the layer that all read', () => {
    const [shared] = layersOf('bundle-1');
    const { gates, sharedLayer } = force('leader-follower/middle/1', participants('bundle-1', 'bundle-2'));
    expect(sharedLayer).toBe(shared);
    expect(gates).toMatchObject([
      { name: 'leader', at: 'middle', hold: { references: [shared], participants: ['validator-1'] }, until: { kind: 'standstill', count: 2 } },
      { name: 'others', hold: { resource: 'manifest', participants: ['validator-2'] }, until: { kind: 'reached', gate: 'leader' } },
    ]);
  });

  it('is the one that most images have, where all read the same, else the one that is read first', async () => {
    expect(force('together', participants('bundle-1', 'bundle-1')).sharedLayer).toBe(layersOf('bundle-1')[0]);
    await scenario.images.pushBundles('only', 1);
    expect(force('together', participants('only-1', 'only-1')).sharedLayer).toBe(layersOf('only-1').at(-1));
  });

  it('is what not all of them read', () => {
    const { gates, sharedLayer } = force('own-layers', participants('bundle-1', 'bundle-2'));
    expect(gates).toMatchObject([{ hold: { references: [layersOf('bundle-1')[1], layersOf('bundle-2')[1]] }, until: { kind: 'standstill', count: 2 } }]);
    expect(sharedLayer).toBeUndefined();
    expect(force('bystander/byte-7/1', participants('bundle-1', 'bundle-2')).gates[0]).toMatchObject({ at: 'byte-7', hold: { references: [layersOf('bundle-1')[1]] } });
  });

  it('is any layer of one process, until an image of each component was asked for', () => {
    const repositories = ['bundle-1', 'bundle-2'].map((image) => scenario.images.repositoryOf(image));
    expect(force('components-under-way', participants('bundle-1 bundle-2')).gates).toMatchObject([
      { name: 'components', hold: { resource: 'blob', references: [...new Set([...layersOf('bundle-1'), ...layersOf('bundle-2')])] }, until: { kind: 'requests', parties: 'repository', count: 2, of: { resource: 'manifest', repositories } } },
    ]);
  });

  it('is what is asked for first, which needs no layers', () => {
    expect(force('first-request', participants('plain', 'plain')).gates).toEqual([
      { name: 'first-request', hold: { resource: 'manifest' }, until: { kind: 'arrivals', parties: 'participant', count: 2 }, timeoutMs: 10_000 },
    ]);
  });

  it('is a process after a call on the entry, packed or not', () => {
    const { digest, diffId } = scenario.images.readLayers()[0]!;
    const entry = [digest, diffId].map((name) => name.slice('sha256:'.length));
    expect(force('leader-killed/rename-1-either/1', participants('bundle-1')).gates[0]).toMatchObject({ hold: { call: 'rename', entry, nth: 1, participants: ['validator-1'] }, then: 'kill' });
  });
});

describe('refused before anything starts', () => {
  it.each([
    ['a layer that nobody reads', 'together', ['plain', 'plain'], /no images with a layer that all of them read/],
    ['a layer that not all read', 'together', ['bundle-1', 'plain'], /no images with a layer that all of them read/],
    ['a layer of their own, where all read the same', 'own-layers', ['bundle-1', 'bundle-1'], /a layer that nobody else reads/],
    ['the same, for the first', 'bystander/middle/1', ['bundle-1', 'bundle-1'], /a layer that nobody else reads/],
    ['more participants than images', 'together', ['bundle-1', 'bundle-4'], /validator-2 names no image of this scenario/],
    ['one where two meet', 'together', ['bundle-1'], /1 validator can't meet: together needs 2/],
    ['one that is held for nobody', 'leader-follower/middle/1', ['bundle-1'], /needs 2/],
    ['nobody', 'leader-killed/middle/1', [], /no images/],
    ['one component', 'components/go/middle', ['bundle-1'], /1 component can't meet/],
    ['a place beyond the body', 'leader-follower/byte-99999999/1', ['bundle-1', 'bundle-2'], /99999999 bytes are beyond the body: the layer has 52\d{4} bytes/],
    ['a place beyond the body of its own', 'bystander/byte-99999999/1', ['bundle-1', 'bundle-2'], /beyond the body/],
  ] as const)('%s', (_what, name, images, message) => {
    expect(() => force(name, participants(...images))).toThrow(expect.objectContaining({ code: 'SCHEDULE_INVALID', message: expect.stringMatching(message) }));
  });

  it('the place after the last byte, and not the one before it', () => {
    const { length } = scenario.images.readLayers()[0]!.compressed;
    expect(() => force(`leader-follower/byte-${length}/1`, participants('bundle-1', 'bundle-2'))).toThrow(expect.objectContaining({ code: 'SCHEDULE_INVALID' }));
    expect(force(`leader-follower/byte-${length - 1}/1`, participants('bundle-1', 'bundle-2')).gates).toHaveLength(2);
  });

  it('a crowd', () => {
    expect(() => force('together', participants(...Array.from({ length: 101 }, () => 'bundle-1')))).toThrow(expect.objectContaining({ code: 'SCHEDULE_INVALID', message: expect.stringContaining('too many') }));
  });
});
