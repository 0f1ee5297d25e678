// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRegistry } from '../embedded/registry.ts';
import { seededRandom } from '../foundation/seed.ts';
import { toolOrSkip } from '../foundation/tools.ts';
import { eventsOf } from '../history/event.ts';
import type { Digest } from '../oci/digest.ts';
import { buildImage } from '../oci/image.ts';
import { randomLayer } from '../oci/layer.ts';
import { createRegistryClient } from '../oci/registry-client.ts';
import { createTransport } from '../oci/transport.ts';
import type { Door } from './door.ts';
import type { GateRule } from './gate.ts';
import { createGateKeeper } from './gate-keeper.ts';
import { Ends } from './test-ends.ts';

const crane = toolOrSkip('crane');
const run = promisify(execFile);

describe.skipIf(crane === undefined)('crane behind a door', () => {
  let ends: Ends;
  let folder: string;
  let upstream: string;
  let layer: Digest;

  beforeEach(async () => {
    ends = new Ends();
    folder = await mkdtemp(join(tmpdir(), 'door-test-'));
    ends.defer('folder', async () => await rm(folder, { recursive: true }));
    upstream = ends.own('registry', await startRegistry({ directory: join(folder, 'registry') })).url;
    const made = await randomLayer(seededRandom('door'), 2_000_000);
    layer = made.descriptor.digest;
    await using transport = createTransport();
    await createRegistryClient({ baseUrl: upstream, transport }).pushImage('app', buildImage({ layers: [made], format: 'oci' }), 'v1');
  });

  afterEach(async () => await ends[Symbol.asyncDispose]());

  async function asCrane(words: readonly string[], door?: Door): Promise<string> {
    const proxy = door === undefined ? {} : { HTTP_PROXY: door.url, HTTPS_PROXY: door.url };
    const { stdout } = await run(crane ?? '', [...words, '--insecure'], { env: { HOME: folder, ...proxy } });
    return stdout.trim();
  }

  const bodies = (): readonly (string | boolean)[][] => {
    const asked = new Map(eventsOf(ends.recorder.events(), 'request').map(({ request, target }) => [request, target]));
    return eventsOf(ends.recorder.events(), 'response')
      .filter(({ request }) => asked.get(request)?.reference === layer)
      .map(({ participant, complete }) => [participant, complete]);
  };

  it('pulls and pushes under the name of the registry', async () => {
    const door = await ends.door(upstream);
    const pulled = join(folder, 'pulled.tar');
    await asCrane(['pull', 'registry.local/app:v1', pulled], door);
    expect(bodies()).toEqual([['one', true]]);
    await asCrane(['push', pulled, 'registry.local/again:v1'], door);
    expect(await asCrane(['validate', '--remote', 'registry.local/again:v1'], door)).toBe('PASS: registry.local/again:v1');
    const resources = new Set(eventsOf(ends.recorder.events(), 'request').map(({ target }) => target.resource));
    expect([...resources].sort()).toEqual(['blob', 'manifest', 'ping', 'upload']);
    expect(eventsOf(ends.recorder.events(), 'response').every(({ complete }) => complete)).toBe(true);
  });

  it('finds the registry behind a door in the reverse form, without any proxy', async () => {
    const door = await ends.door(upstream, { form: 'reverse' });
    await asCrane(['pull', `${new URL(door.url).host}/app:v1`, join(folder, 'pulled.tar')]);
    expect(bodies()).toEqual([['one', true]]);
  });

  it('meets another crane at the layer', async () => {
    const rule: GateRule = { name: 'together', hold: { resource: 'blob', references: [layer] }, until: { kind: 'arrivals', parties: 'participant', count: 2 }, timeoutMs: 20_000 };
    const { recorder } = ends;
    const gates = createGateKeeper([rule], { participants: ['one', 'two'], recorder });
    const doors = [await ends.door(upstream, { participant: 'one', gates }), await ends.door(upstream, { participant: 'two', gates })];
    const files = [join(folder, 'one.tar'), join(folder, 'two.tar')] as const;
    await Promise.all(doors.map(async (door, index) => await asCrane(['pull', 'registry.local/app:v1', files[index] ?? ''], door)));
    const history = recorder.events();
    const [opened] = eventsOf(history, 'gate-opened');
    expect(opened).toMatchObject({ gate: 'together', reason: 'condition', arrived: 2, wanted: 2 });
    const arrivals = eventsOf(history, 'gate-arrived');
    expect(arrivals.map(({ participant }) => participant).sort()).toEqual(['one', 'two']);
    const held = new Set(arrivals.map(({ request }) => request));
    const answers = eventsOf(history, 'response').filter(({ request }) => held.has(request));
    expect(answers.map(({ complete }) => complete)).toEqual([true, true]);
    expect(Math.min(...answers.map(({ index }) => index))).toBeGreaterThan(opened?.index ?? Infinity);
    expect((await readFile(files[0])).equals(await readFile(files[1]))).toBe(true);
  });
});
