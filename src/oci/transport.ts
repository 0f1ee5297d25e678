// SPDX-License-Identifier: Apache-2.0
import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { pipeline, Readable } from 'node:stream';
import { StampedeError } from '../foundation/errors.ts';
import { httpAddress } from './http-address.ts';
import { proxyFor, type Environment } from './proxy.ts';
import { proxyHeaders, TunnelAgent } from './tunnel.ts';

export interface TransportRequest {
  /** GET unless said otherwise. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream is sent chunked unless `headers` has a content-length. */
  readonly body?: Uint8Array | Readable;
  readonly signal?: AbortSignal;
}

export interface TransportResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Fails when the other side breaks off; must be read to its end or destroyed, else the connection stays taken. */
  readonly body: Readable;
  /**
   * The whole body, of at most `limit` bytes (16 MiB unless said otherwise).
   * @throws StampedeError RESPONSE_TOO_LONG, CONNECTION_FAILED
   */
  bytes(limit?: number): Promise<Buffer>;
}

/** Sends HTTP requests; every status is an answer, only a connection that fails throws. */
export interface Transport {
  /** @throws StampedeError CONNECTION_FAILED with the cause; the signal's reason once it is aborted. */
  request(url: string, options?: TransportRequest): Promise<TransportResponse>;
}

export interface TransportOptions {
  /** Where HTTP_PROXY, HTTPS_PROXY and NO_PROXY (or the lower-case forms) are looked up; absent: no proxy. */
  readonly environment?: Environment;
  readonly userAgent?: string;
  /** Certificates to trust besides nothing else, PEM; absent: those of Node. */
  readonly caPem?: string;
}

const mostRedirects = 10;
const usualLimit = 16 * 1024 * 1024;

/**
 * Connections are kept until disposal. GET and HEAD follow redirects, as Go clients do; nothing is retried and
 * nothing is decompressed.
 */
export function createTransport(options: TransportOptions = {}): Transport & AsyncDisposable {
  const route = createRouter(options);
  const send = async (url: URL, request: TransportRequest, redirects: number): Promise<TransportResponse> => {
    const method = request.method ?? 'GET';
    const headers = { 'user-agent': options.userAgent ?? 'stampede', ...request.headers };
    const response = await exchange(url, { ...route.to(url, headers), method }, request);
    const location = redirectOf(method, response);
    if (location === undefined) return answer(url, response);
    response.resume();
    const target = parseAddress(location, url);
    if (redirects === 0) throw new StampedeError('CONNECTION_FAILED', `${method} ${url.href}: more than ${mostRedirects} redirects`);
    return await send(target, target.host === url.host ? request : withoutCredentials(request), redirects - 1);
  };
  return {
    request: async (url, request = {}) => await send(parseAddress(url), request, mostRedirects),
    [Symbol.asyncDispose]: async () => route.close(),
  };
}

interface Router {
  /** Where to connect for a URL, through which agent, and what to ask there. */
  to(url: URL, headers: Readonly<Record<string, string>>): RequestOptions;
  close(): void;
}

function createRouter({ environment = {}, caPem }: TransportOptions): Router {
  const options = { keepAlive: true, ...(caPem === undefined ? {} : { ca: caPem }) };
  const plain = new HttpAgent(options);
  const secure = new HttpsAgent(options);
  const tunnels = new Map<string, TunnelAgent>();
  const tunnel = (proxy: URL): TunnelAgent => {
    const agent = tunnels.get(proxy.href) ?? new TunnelAgent(proxy, options);
    tunnels.set(proxy.href, agent);
    return agent;
  };
  const agentFor = (url: URL): HttpAgent => (url.protocol === 'https:' ? secure : plain);
  return {
    to: (url, headers) => {
      const path = `${url.pathname}${url.search}`;
      const proxy = proxyFor(url, environment);
      if (proxy === undefined) return { ...addressOf(url), path, headers, agent: agentFor(url) };
      if (url.protocol === 'https:') return { ...addressOf(url), path, headers, agent: tunnel(proxy) };
      const asked = { ...headers, host: url.host, ...proxyHeaders(proxy) };
      return { ...addressOf(proxy), path: `${url.origin}${path}`, headers: asked, agent: agentFor(proxy) };
    },
    close: () => [plain, secure, ...tunnels.values()].forEach((agent) => agent.destroy()),
  };
}

function addressOf({ protocol, hostname, port }: URL): RequestOptions {
  return { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), ...(port === '' ? {} : { port }) };
}

async function exchange(url: URL, options: RequestOptions, { body, signal }: TransportRequest): Promise<IncomingMessage> {
  const send = options.protocol === 'https:' ? httpsRequest : httpRequest;
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      const request = send({ ...options, ...(signal === undefined ? {} : { signal }) }, resolve);
      request.on('error', reject);
      if (body instanceof Readable) pipeline(body, request, () => undefined);
      else request.end(body);
    });
  } catch (cause) {
    signal?.throwIfAborted();
    throw failure(`${options.method} ${url.href}`, cause);
  }
}

function failure(what: string, cause: unknown): StampedeError {
  if (cause instanceof StampedeError) return cause;
  return new StampedeError('CONNECTION_FAILED', `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

function parseAddress(text: string, base?: URL): URL {
  const url = httpAddress(text, base);
  if (url !== undefined) return url;
  throw new StampedeError('CONNECTION_FAILED', `not an http address: ${JSON.stringify(text.slice(0, 200))}`);
}

function redirectOf(method: string, { statusCode, headers }: IncomingMessage): string | undefined {
  const isRedirect = statusCode !== undefined && [301, 302, 303, 307, 308].includes(statusCode);
  return isRedirect && (method === 'GET' || method === 'HEAD') ? headers.location : undefined;
}

function withoutCredentials(request: TransportRequest): TransportRequest {
  const kept = Object.entries(request.headers ?? {}).filter(([name]) => name.toLowerCase() !== 'authorization');
  return { ...request, headers: Object.fromEntries(kept) };
}

function answer(url: URL, message: IncomingMessage): TransportResponse {
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    body: message,
    bytes: async (limit = usualLimit) => await readBytes(url, message, limit),
  };
}

async function readBytes(url: URL, body: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > limit) throw new StampedeError('RESPONSE_TOO_LONG', `${url.href}: longer than ${limit} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    throw failure(url.href, cause);
  }
  return Buffer.concat(chunks, length);
}
