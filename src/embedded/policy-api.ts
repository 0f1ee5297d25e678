// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as z from 'zod';
import { wallClock } from '../foundation/clock.ts';
import { discover, groupVersion, kinds } from './policy-api/discovery.ts';
import { serve, type EmbeddedServer } from './server.ts';

const bodyLimit = 1024 * 1024;
const address = /^(?:\/([A-Za-z0-9_-]+))?\/apis\/appstudio\.redhat\.com\/v1alpha1\/(?:namespaces\/([a-z0-9-]+)\/)?([a-z]+)(?:\/([a-z0-9.-]+))?$/;

const objectSchema = z.looseObject({
  apiVersion: z.literal(groupVersion),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/) }),
});

type PolicyObject = z.output<typeof objectSchema>;

/** What a request is about; `name` is missing for the collection. */
interface Place {
  readonly world: string;
  readonly namespace: string;
  readonly resource: string;
  readonly name: string | undefined;
}

/** Told to the client as a Kubernetes Status. */
class Refusal extends Error {
  readonly status: number;
  readonly reason: string;
  readonly details: Readonly<Record<string, string>>;

  constructor(status: number, reason: string, message: string, details: Readonly<Record<string, string>> = {}) {
    super(message);
    this.details = details;
    this.status = status;
    this.reason = reason;
  }
}

/**
 * The two objects of the Kubernetes API that validators read, with the ordinary calls that create and replace them.
 * A path prefix is a world of its own, so that scenarios don't see each other's objects. In memory.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/
 * @throws StampedeError PORT_TAKEN
 */
export async function startPolicyApi({ port = 0 }: { readonly port?: number } = {}): Promise<EmbeddedServer> {
  const objects = new Map<string, PolicyObject>();
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const [status, body] = await answer(request, objects);
      reply(response, status, body);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, reason, message, details } = error;
      reply(response, status, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code: status });
    }
  };
  return await serve(createServer(), handle, { protocol: 'http', port });
}

async function answer(request: IncomingMessage, objects: Map<string, PolicyObject>): Promise<readonly [number, unknown]> {
  const discovered = request.method === 'GET' ? discover(request.url ?? '') : undefined;
  if (discovered !== undefined) return [200, discovered];
  const place = placeOf(request.url ?? '', request.method);
  switch (request.method) {
    case 'GET':
      // Given a list instead, a client would wait for events that never come.
      if (/[?&]watch=(?:1|t|true)(?:&|$)/i.test(request.url ?? '')) throw new Refusal(405, 'MethodNotAllowed', 'the server does not allow watches here: list again instead');
      return [200, place.name === undefined ? list(place, objects) : present(place, objects)];
    case 'POST':
      return [201, store(await read(request, place), objects, { isNew: true })];
    case 'PUT':
      present(place, objects);
      return [200, store(await read(request, place), objects, { isNew: false })];
    default:
      throw new Refusal(405, 'MethodNotAllowed', `the server does not allow ${request.method} here`);
  }
}

function placeOf(url: string, method: string | undefined): Place {
  const found = address.exec(url.split('?')[0] ?? '');
  const [, world = '', namespace = '', resource = '', name] = found ?? [];
  // Only a list may be of all namespaces.
  const isNowhere = namespace === '' && (name !== undefined || method !== 'GET');
  if (found === null || isNowhere || !Object.hasOwn(kinds, resource)) throw new Refusal(404, 'NotFound', 'the server could not find the requested resource');
  return { world, namespace, resource, name };
}

function present(place: Place, objects: ReadonlyMap<string, PolicyObject>): PolicyObject {
  const object = objects.get(keyOf(place, place.name ?? ''));
  if (object !== undefined) return object;
  throw new Refusal(404, 'NotFound', `${place.resource}.appstudio.redhat.com "${place.name ?? ''}" not found`, { name: place.name ?? '', group: 'appstudio.redhat.com', kind: place.resource });
}

function list(place: Place, objects: ReadonlyMap<string, PolicyObject>): unknown {
  const wanted = keyOf(place, '');
  const isWanted = (key: string): boolean => (place.namespace === '' ? key.startsWith(`${place.world}/`) && key.split('/')[2] === place.resource : key.startsWith(wanted));
  const items = [...objects].filter(([key]) => isWanted(key)).map(([, object]) => object);
  return { apiVersion: groupVersion, kind: `${kinds[place.resource] ?? ''}List`, metadata: {}, items };
}

interface Stored {
  readonly place: Place;
  readonly object: PolicyObject;
}

function store({ place, object }: Stored, objects: Map<string, PolicyObject>, { isNew }: { readonly isNew: boolean }): PolicyObject {
  const key = keyOf(place, object.metadata.name);
  if (isNew && objects.has(key)) throw new Refusal(409, 'AlreadyExists', `${place.resource} "${object.metadata.name}" already exists`);
  const before: Readonly<Record<string, unknown>> = objects.get(key)?.metadata ?? { uid: randomUUID(), creationTimestamp: wallClock().toISOString().replace(/\.\d+/, '') };
  const { uid, creationTimestamp } = before;
  const resourceVersion = String(Number(before['resourceVersion'] ?? 0) + 1);
  const stored = { ...object, metadata: { ...object.metadata, namespace: place.namespace, uid, creationTimestamp, resourceVersion } };
  objects.set(key, stored);
  return stored;
}

async function read(request: IncomingMessage, place: Place): Promise<Stored> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) throw new Refusal(413, 'RequestEntityTooLarge', `objects are limited to ${bodyLimit} bytes`);
    chunks.push(chunk);
  }
  const parsed = objectSchema.safeParse(jsonOf(Buffer.concat(chunks).toString('utf8')));
  if (!parsed.success) throw new Refusal(400, 'BadRequest', z.prettifyError(parsed.error));
  if (parsed.data.kind !== kinds[place.resource]) throw new Refusal(400, 'BadRequest', `${place.resource} are of kind ${kinds[place.resource] ?? ''}`);
  const isElsewhere = place.name !== undefined && place.name !== parsed.data.metadata.name;
  if (isElsewhere) throw new Refusal(400, 'BadRequest', 'the name of the object does not match the name on the URL');
  return { place, object: parsed.data };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 'BadRequest', 'the body is not JSON');
  }
}

function keyOf({ world, namespace, resource }: Place, name: string): string {
  return `${world}/${namespace}/${resource}/${name}`;
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
