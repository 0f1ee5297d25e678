// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRecorder, type Recorder } from '../history/recorder.ts';
import { openDoor, type Door } from './door.ts';
import { createGateKeeper } from './gate-keeper.ts';

const registry = createServer((asked, answer) => void text(asked).then((body) => answer.end(`${asked.method} ${body}`)));
let folder: string;
let recorder: Recorder;
let door: Door;

beforeAll(async () => {
  registry.listen(0, '127.0.0.1');
  await once(registry, 'listening');
  folder = mkdtempSync(join(tmpdir(), 'framing-test-'));
  recorder = openRecorder(join(folder, 'history.ndjson'));
  const gates = createGateKeeper([], { participants: [], recorder });
  const upstream = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
  door = await openDoor({ participant: 'one', upstream, hosts: ['registry.local'], recorder, gates });
});

afterAll(async () => {
  await door.close();
  registry.close();
  recorder.close();
  rmSync(folder, { recursive: true });
});

// A body that loses its framing becomes the next request on the connection.
it.each(['GET', 'DELETE', 'POST', 'PATCH'])('passes the chunked body of a %s on as a body', async (method) => {
  const { hostname, port } = new URL(door.url);
  const asking = request({ hostname, port, method, path: 'http://registry.local/v2/', headers: { host: 'registry.local', 'transfer-encoding': 'chunked' } });
  asking.write('two ');
  asking.end('parts');
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  expect(await text(answer)).toBe(`${method} two parts`);
});
