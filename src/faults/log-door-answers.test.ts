// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRekor, type RekorServer } from '../embedded/rekor.ts';
import { eventsOf, type EventOf } from '../history/event.ts';
import { openRecorder } from '../history/recorder.ts';
import { createTransport } from '../oci/transport.ts';
import { inTotoPayloadType, signEnvelope } from '../sigstore/dsse.ts';
import { generateKeyPair } from '../sigstore/keys.ts';
import { proposeDsse, proposeIntoto } from '../sigstore/proposed-entry.ts';
import { createRekorClient, type RekorClient } from '../sigstore/rekor-client.ts';
import { openLogDoor, type LogDoor } from './log-door.ts';
import { entriesCleared, entriesUnknown, indexFinds, uploadAccepted, uploadRefused, type ToldAnswer } from './planned-log-answer.ts';

let folder: string;
let rekor: RekorServer;
let transport: ReturnType<typeof createTransport>;
let runs = 0;
const pair = generateKeyPair();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'log-door-answers-test-'));
  rekor = await startRekor({ directory: folder });
  transport = createTransport();
});
afterAll(async () => {
  await transport[Symbol.asyncDispose]();
  await rekor.close();
  await rm(folder, { recursive: true });
});

const envelope = (text: string): Buffer => signEnvelope(inTotoPayloadType, Buffer.from(JSON.stringify({ text })), pair.privateKey);

interface Bench {
  readonly door: LogDoor;
  readonly through: RekorClient;
  readonly direct: RekorClient;
  readonly asked: readonly EventOf<'log-asked'>[];
}

/** A door that was told these answers, clients on both sides of it, and what was recorded of it. */
async function withDoor(told: readonly ToldAnswer[], use: (bench: Omit<Bench, 'asked'>) => Promise<void>): Promise<Bench['asked']> {
  await using door = await openLogDoor({ upstream: rekor.url });
  const recorder = openRecorder(join(folder, `history-${(runs += 1)}.ndjson`));
  told.forEach((answer) => door.answer(answer));
  door.reportTo(recorder);
  await use({ door, through: createRekorClient({ url: door.url, transport }), direct: createRekorClient({ url: rekor.url, transport }) });
  recorder.close();
  expect(eventsOf(recorder.events(), 'log-told')).toHaveLength(told.length);
  return eventsOf(recorder.events(), 'log-asked');
}

describe('entries are cleared', () => {
  it('none can be had, by search, uuid or index, and the log still has them', async () => {
    const proposed = proposeDsse(envelope('cleared'), pair.publicKeyPem);
    const asked = await withDoor([entriesCleared], async ({ through, direct }) => {
      const { uuid, logIndex } = await through.post(proposed);
      await expect(through.retrieve([proposed])).rejects.toMatchObject({ code: 'REKOR_REFUSED', message: expect.stringContaining('404') });
      expect(await through.byUuid(uuid)).toBeUndefined();
      expect(await through.byIndex(logIndex)).toBeUndefined();
      expect((await through.logInfo()).treeSize).toBeGreaterThan(0);
      expect((await direct.byUuid(uuid))?.uuid).toBe(uuid);
    });
    expect(asked.map(({ outcome }) => outcome)).toEqual(['answered', 'entries-cleared', 'entries-cleared', 'entries-cleared', 'answered']);
  });
});

describe('entries are unknown', () => {
  it('who searches finds an empty list, as in a log that never had them', async () => {
    const proposed = proposeDsse(envelope('unknown'), pair.publicKeyPem);
    const asked = await withDoor([entriesUnknown], async ({ through, direct }) => {
      const { uuid, logIndex } = await through.post(proposed);
      expect(await through.retrieve([proposed])).toEqual([]);
      expect(await through.byUuid(uuid)).toBeUndefined();
      expect(await through.byIndex(logIndex)).toBeUndefined();
      expect(await direct.retrieve([proposed])).toHaveLength(1);
    });
    expect(asked.map(({ outcome }) => outcome)).toEqual(['answered', 'entries-cleared', 'entries-cleared', 'entries-cleared']);
  });
});

describe('an upload is expected', () => {
  it('the log takes it, and what it was is recorded before the answer', async () => {
    const asked = await withDoor([uploadAccepted], async ({ through, direct }) => {
      const { uuid } = await through.post(proposeIntoto(envelope('one'), pair.publicKeyPem));
      expect((await direct.byUuid(uuid))?.uuid).toBe(uuid);
      await through.post(proposeDsse(envelope('two'), pair.publicKeyPem));
    });
    expect(asked.map(({ outcome, entry, status }) => [outcome, entry, status])).toEqual([['upload-accepted', 'intoto 0.0.2', 201], ['upload-accepted', 'dsse 0.0.1', 201]]);
  });

  it('an equal one is taken again, and answered with the one that is there', async () => {
    const proposed = JSON.stringify(proposeDsse(envelope('again'), pair.publicKeyPem));
    const asked = await withDoor([uploadAccepted], async ({ door }) => {
      const post = async (): Promise<[number, string[]]> => {
        const response = await fetch(`${door.url}/api/v1/log/entries`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: proposed });
        return [response.status, Object.keys((await response.json()) as object)];
      };
      const first = await post();
      expect(first[0]).toBe(201);
      expect(await post()).toEqual(first);
    });
    expect(asked.map(({ status }) => status)).toEqual([201, 201]);
  });

  it('what the log refuses is refused, and recorded with what it was', async () => {
    const asked = await withDoor([uploadAccepted], async ({ door }) => {
      for (const body of ['{', '{"kind":"intoto","apiVersion":"0.0.2","spec":{}}', '{"kind":"intoto","apiVersion":"0.0.2","spec":{"content":{"envelope":{"payload":"eA==","signatures":[{}]}}}}', '{"kind":"alpine","apiVersion":"1"}']) {
        await fetch(`${door.url}/api/v1/log/entries`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      }
    });
    expect(asked.map(({ entry }) => entry)).toEqual(['', '', 'intoto 0.0.2', 'alpine 1']);
    expect(asked.every(({ status = 0 }) => status >= 400 && status < 500)).toBe(true);
  });
});

describe('an upload is to fail', () => {
  it('with status 500, and the log never hears of it; of two orders the later counts', async () => {
    const proposed = proposeDsse(envelope('refused'), pair.publicKeyPem);
    const asked = await withDoor([uploadRefused], async ({ door, through, direct }) => {
      await expect(through.post(proposed)).rejects.toMatchObject({ code: 'REKOR_REFUSED', message: expect.stringContaining('500') });
      expect(await direct.retrieve([proposed])).toEqual([]);
      door.answer(uploadAccepted);
      await through.post(proposed);
    });
    expect(asked.map(({ outcome, entry, status }) => [outcome, entry, status])).toEqual([['upload-refused', 'dsse 0.0.1', 500], ['upload-accepted', 'dsse 0.0.1', 201]]);
  });
});

describe('the search index', () => {
  const hash = 'a'.repeat(64);

  it('is empty, or has what it was told, with what was signed', async () => {
    const entry = await createRekorClient({ url: rekor.url, transport }).post(proposeIntoto(envelope('found'), pair.publicKeyPem));
    const { uuid, ...rest } = entry;
    await withDoor([indexFinds(new Map())], async ({ through }) => expect(await through.searchByHash(hash)).toEqual([]));
    const found = indexFinds(new Map([[uuid, { ...rest, attestation: { data: 'eA==' } }]]));
    const asked = await withDoor([found], async ({ door, through }) => {
      expect(await through.searchByHash(hash)).toEqual([uuid]);
      expect(await through.byUuid(uuid)).toEqual(entry);
      const answer = (await (await fetch(`${door.url}/api/v1/log/entries/${uuid}`)).json()) as Record<string, { attestation: unknown }>;
      expect(answer[uuid]?.attestation).toEqual({ data: 'eA==' });
      expect(await through.byUuid('b'.repeat(80))).toBeUndefined();
    });
    expect(asked.map(({ outcome }) => outcome)).toEqual(['index-found', 'index-found', 'index-found', 'answered']);
  });
});
