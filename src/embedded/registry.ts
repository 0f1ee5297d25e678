// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isRepository } from '../oci/reference.ts';
import type { ServerCertificate } from './certificate.ts';
import { guarded, type RegistryAccess } from './registry/access.ts';
import { deleteBlob, getBlob } from './registry/blobs.ts';
import { deleteManifest, getManifest, putManifest } from './registry/manifests.ts';
import { pathsIn } from './registry/paths.ts';
import { appendChunk, cancelUpload, finishUpload, startUpload, uploadStatus } from './registry/push-blob.ts';
import { listReferrers } from './registry/referrers.ts';
import { json, refusal, send, type Answer } from './registry/respond.ts';
import type { Registry, Route } from './registry/route.ts';
import { listRepositories, listTags } from './registry/tags.ts';
import { claimUploadFolder, Uploads } from './registry/uploads.ts';
import { serve, type EmbeddedServer } from './server.ts';

export interface RegistryOptions {
  /** Everything pushed lies there; a registry started on it again, or a second one beside, has it too. */
  readonly directory: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Absent: anybody. */
  readonly access?: RegistryAccess;
  /** Absent: plain http. */
  readonly certificate?: ServerCertificate;
}

const idleConnectionMs = 120_000;

/**
 * An OCI registry, anonymous and in plain http unless told otherwise, as https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
 * has it, deletion and referrers included. Blobs stream to and from the disk; none is ever whole in memory.
 * @throws StampedeError PORT_TAKEN
 */
export async function startRegistry({ directory, port, access, certificate }: RegistryOptions): Promise<EmbeddedServer> {
  await mkdir(directory, { recursive: true });
  const uploads = new Uploads(await claimUploadFolder(join(directory, 'uploads')));
  const registry: Registry = { paths: pathsIn(directory), uploads };
  const settings = { requestTimeout: 0, keepAliveTimeout: idleConnectionMs };
  const http = certificate === undefined ? createServer(settings) : createSecureServer({ ...settings, cert: certificate.certificatePem, key: certificate.privateKeyPem });
  const protocol = certificate === undefined ? 'http' : 'https';
  const open = async (request: IncomingMessage): Promise<Answer> => await answer(registry, request);
  const answered = access === undefined ? open : guarded(access, protocol, open);
  const listening = { protocol, ...(port === undefined ? {} : { port }) } as const;
  const server = await serve(http, async (request, response) => await send(request, response, await answered(request)), listening);
  const close = async (): Promise<void> => {
    await server.close();
    await uploads.close();
  };
  return { ...server, close, [Symbol.asyncDispose]: close };
}

interface RouteEntry {
  /** Named groups: `name` is a repository, `reference` the last part. */
  readonly path: RegExp;
  /** HEAD goes where GET goes. */
  readonly methods: Readonly<Record<string, Route>>;
}

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#determining-support */
const support: Route = async () => await Promise.resolve(json({}));

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints */
const routes: readonly RouteEntry[] = [
  { path: /^\/v2\/?$/, methods: { GET: support } },
  { path: /^\/v2\/_catalog$/, methods: { GET: listRepositories } },
  { path: /^\/v2\/(?<name>.+)\/tags\/list$/, methods: { GET: listTags } },
  { path: /^\/v2\/(?<name>.+)\/referrers\/(?<reference>[^/]+)$/, methods: { GET: listReferrers } },
  {
    path: /^\/v2\/(?<name>.+)\/manifests\/(?<reference>[^/]+)$/,
    methods: { GET: getManifest, PUT: putManifest, DELETE: deleteManifest },
  },
  { path: /^\/v2\/(?<name>.+)\/blobs\/uploads\/?$/, methods: { POST: startUpload } },
  {
    path: /^\/v2\/(?<name>.+)\/blobs\/uploads\/(?<reference>[^/]+)$/,
    methods: { GET: uploadStatus, PATCH: appendChunk, PUT: finishUpload, DELETE: cancelUpload },
  },
  { path: /^\/v2\/(?<name>.+)\/blobs\/(?<reference>[^/]+)$/, methods: { GET: getBlob, DELETE: deleteBlob } },
];

async function answer(registry: Registry, request: IncomingMessage): Promise<Answer> {
  const target = parseTarget(request.url ?? '');
  const entry = routes.find(({ path }) => target !== undefined && path.test(target.path));
  if (target === undefined || entry === undefined) return refusal(404, 'UNSUPPORTED', 'no such address');
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
  const route = Object.hasOwn(entry.methods, method) ? entry.methods[method] : undefined;
  if (route === undefined) return refusal(405, 'UNSUPPORTED', 'no such method', { allow: allowed(entry) });
  const { name, reference = '' } = entry.path.exec(target.path)?.groups ?? {};
  if (name !== undefined && !isRepository(name)) return refusal(400, 'NAME_INVALID', `not a repository's name: ${name}`);
  return await route(registry, { repository: name ?? '', reference, query: target.query, request });
}

function allowed({ methods }: RouteEntry): string {
  return Object.keys(methods).flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
}

/** Path and query of a request; undefined for what is no address. Names in the path are checked by their grammar later. */
function parseTarget(target: string): { readonly path: string; readonly query: URLSearchParams } | undefined {
  try {
    const { pathname, searchParams } = new URL(target, 'http://registry.local');
    return { path: decodeURIComponent(pathname), query: searchParams };
  } catch {
    return undefined;
  }
}
