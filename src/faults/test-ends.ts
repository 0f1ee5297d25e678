// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createServer as createHttpServer, request as httpRequest, type Agent, type IncomingHttpHeaders, type IncomingMessage, type RequestListener } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { ResourceStack } from '../foundation/resources.ts';
import type { Event, EventBody } from '../history/event.ts';
import type { Recorder } from '../history/recorder.ts';
import { openDoor, type Door, type DoorSettings } from './door.ts';
import type { GateRule } from './gate.ts';
import { createGateKeeper } from './gate-keeper.ts';

/** A recorder without a disk: what it does with a disk is tested where it lives. */
export function memoryRecorder(): Recorder & { readonly onEvent: Set<() => void> } {
  const events: Event[] = [];
  const onEvent = new Set<() => void>();
  let requests = 0;
  return {
    onEvent,
    record(body: EventBody) {
      const event: Event = { index: events.length, at: events.length, ...body };
      events.push(event);
      for (const heard of onEvent) heard();
      return event;
    },
    events: () => [...events],
    close: () => undefined,
    quietMs: () => 0,
    nextRequest: () => (requests += 1),
  };
}

/** Resolves with the first event that fits, recorded already or later. */
export async function eventThat(recorder: ReturnType<typeof memoryRecorder>, fits: (event: Event) => boolean): Promise<Event> {
  return await new Promise((resolve) => {
    const look = (): void => {
      const found = recorder.events().find(fits);
      if (found === undefined) return;
      recorder.onEvent.delete(look);
      resolve(found);
    };
    recorder.onEvent.add(look);
    look();
  });
}

/** What stands at both ends of a door, ended with the test. */
export class Ends extends ResourceStack {
  readonly recorder = memoryRecorder();

  async origin(listener: RequestListener): Promise<string> {
    return await this.#listen(createHttpServer({ requestTimeout: 0 }, listener));
  }

  /** An upstream that is told each connection and says what it likes. */
  async rawOrigin(onConnection: (socket: Socket) => void): Promise<string> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      onConnection(socket);
    });
    this.defer('raw sockets', () => sockets.forEach((socket) => socket.destroy()));
    return await this.#listen(server);
  }

  async door(upstream: string, settings: Partial<DoorSettings> & { readonly rules?: readonly GateRule[]; readonly participants?: readonly string[] } = {}): Promise<Door> {
    const { rules = [], participants = ['one'], ...rest } = settings;
    const gates = createGateKeeper(rules, { participants, recorder: this.recorder });
    this.defer('gates', () => gates.close());
    const door = await openDoor({ participant: 'one', upstream, hosts: ['registry.local'], recorder: this.recorder, gates, ...rest });
    return this.own('door', door);
  }

  async #listen(server: Server): Promise<string> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.defer('origin', async () => {
      if ('closeAllConnections' in server) (server as unknown as { closeAllConnections(): void }).closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer;
  readonly signal?: AbortSignal;
  readonly agent?: Agent;
}

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Asks as a client does that was given the door as its proxy. */
export async function throughProxy(door: Door, url: string, asked: Asked = {}): Promise<Got> {
  return await received(await answerTo(door, url, asked));
}

/** As soon as the head of the answer is there. */
export async function answerTo(door: Door, path: string, { method = 'GET', headers = {}, body, signal, agent }: Asked = {}): Promise<IncomingMessage> {
  const { hostname, port } = new URL(door.url);
  const host = /^http:\/\/([^/]*)/.exec(path)?.[1];
  const sent = { ...(host === undefined ? {} : { host }), ...headers };
  const outgoing = httpRequest({ hostname, port, path, method, headers: sent, agent: agent ?? false, ...(signal === undefined ? {} : { signal }) });
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  outgoing.on('error', () => undefined);
  return answer;
}

/** The whole answer; rejects when it is cut. */
export async function received(answer: IncomingMessage): Promise<Got> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) };
}

/** Sends bytes to a door and gives everything that comes back until it hangs up. */
export async function rawExchange(door: Door, bytes: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(door.url);
  const socket = connect(Number(port), hostname);
  socket.write(bytes);
  let text = '';
  for await (const chunk of socket as AsyncIterable<Buffer>) text += chunk.toString('latin1');
  return text;
}
