// SPDX-License-Identifier: Apache-2.0
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { wallClock } from '../../foundation/clock.ts';
import { json, readSmallBody, refusal, type Answer } from './respond.ts';
import { allows, parseScope, scopeText, tokenMint, type Scope, type TokenMint } from './tokens.ts';

/** Who may use a registry, and how that is shown: by name and password each time, or by a token that these buy. */
export interface RegistryAccess {
  readonly kind: 'basic' | 'token';
  readonly username: string;
  readonly password: string;
  /** What every token begins with. */
  readonly tokenPrefix: string;
  /** Default: five minutes. */
  readonly tokenLifetimeMs?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

type Answering = (request: IncomingMessage) => Promise<Answer>;

interface Guard {
  readonly access: RegistryAccess;
  readonly mint: TokenMint;
  readonly lifetimeMs: number;
}

const realmName = 'stampede registry';
const usualLifetimeMs = 300_000;
const tokenPath = '/token';
const mostFormBytes = 64 * 1024;

/**
 * Lets through who may, and says to others how to log in. By token as
 * https://distribution.github.io/distribution/spec/auth/token/ and https://distribution.github.io/distribution/spec/auth/oauth/ have it.
 */
export function guarded(access: RegistryAccess, protocol: 'http' | 'https', answer: Answering): Answering {
  const lifetimeMs = access.tokenLifetimeMs ?? usualLifetimeMs;
  const now = access.now ?? ((): number => wallClock().getTime());
  const guard: Guard = { access, mint: tokenMint({ prefix: access.tokenPrefix, lifetimeMs, now }), lifetimeMs };
  return async (request) => {
    const url = addressOf(request, protocol);
    if (url === undefined) return refusal(400, 'UNSUPPORTED', 'no such address');
    if (access.kind === 'basic') return isKnown(access, basicIn(request)) ? await answer(request) : unauthorized(`Basic realm="${realmName}"`);
    if (url.pathname === tokenPath) return await sell(guard, url, request);
    const wanted = scopesFor(request.method ?? 'GET', url);
    const problem = problemWith(guard, request, wanted);
    return problem === undefined ? await answer(request) : unauthorized(bearerChallenge(url, wanted, problem));
  };
}

/** As the client wrote it: through a door the registry has the name that the door has. */
function addressOf({ url = '/', headers }: IncomingMessage, protocol: 'http' | 'https'): URL | undefined {
  const base = `${protocol}://${headers.host ?? 'localhost'}`;
  return URL.canParse(url, base) ? new URL(url, base) : undefined;
}

function unauthorized(challenge: string): Answer {
  return refusal(401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': challenge });
}

function bearerChallenge({ origin, host }: URL, wanted: readonly Scope[], problem: Problem): string {
  const parts = [
    `realm="${origin}${tokenPath}"`,
    `service="${host}"`,
    ...(wanted.length === 0 ? [] : [`scope="${wanted.map(scopeText).join(' ')}"`]),
    ...(problem === 'none' ? [] : [`error="${problem}"`]),
  ];
  return `Bearer ${parts.join(',')}`;
}

/** As https://www.rfc-editor.org/rfc/rfc6750#section-3.1 calls them; `none`: no token was shown. */
type Problem = 'none' | 'invalid_token' | 'insufficient_scope';

function problemWith({ mint }: Guard, request: IncomingMessage, wanted: readonly Scope[]): Problem | undefined {
  const token = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) return 'none';
  const word = mint.read(token);
  if (word.is !== 'good') return 'invalid_token';
  return wanted.every((scope) => allows(word.scopes, scope)) ? undefined : 'insufficient_scope';
}

const actionsOf: Readonly<Record<string, readonly string[]>> = { GET: ['pull'], HEAD: ['pull'], DELETE: ['delete'] };

/** What a token has to allow; nothing for `/v2/` itself, where any will do. */
function scopesFor(method: string, { pathname, searchParams }: URL): readonly Scope[] {
  const path = decoded(pathname);
  if (path === '/v2/_catalog') return [{ type: 'registry', name: 'catalog', actions: ['*'] }];
  const name = /^\/v2\/(.+)\/(?:manifests|blobs|tags|referrers)\//.exec(path)?.[1];
  if (name === undefined) return [];
  // An upload that is under way is asked about, and given up, by who pushes.
  const isUpload = /\/blobs\/uploads(?:\/|$)/.test(path);
  const scope = { type: 'repository', name, actions: isUpload ? ['pull', 'push'] : (actionsOf[method] ?? ['pull', 'push']) };
  const from = method === 'POST' ? searchParams.get('from') : null;
  return from === null ? [scope] : [scope, { type: 'repository', name: from, actions: ['pull'] }];
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

interface Buyer {
  readonly username: string;
  readonly password: string;
}

/** A token for all that is asked for: there is one user, who may do everything. */
async function sell({ access, mint, lifetimeMs }: Guard, url: URL, request: IncomingMessage): Promise<Answer> {
  const form = request.method === 'POST' ? await formIn(request) : url.searchParams;
  if (form === undefined || !['GET', 'POST'].includes(request.method ?? '')) return refusal(405, 'UNSUPPORTED', 'no such method', { allow: 'GET, POST' });
  const buyer = basicIn(request) ?? { username: form.get('username') ?? '', password: form.get('password') ?? form.get('refresh_token') ?? '' };
  const named = form.get('grant_type') === 'refresh_token' ? { ...buyer, username: access.username } : buyer;
  if (!isKnown(access, named)) return unauthorized(`Basic realm="${realmName}"`);
  const asked = form.getAll('scope').flatMap((text) => text.split(' ')).filter((text) => text !== '');
  const scopes = asked.map(parseScope);
  if (scopes.includes(undefined)) return refusal(400, 'UNSUPPORTED', 'no such scope');
  const token = mint.issue(scopes.filter((scope) => scope !== undefined));
  const bought = { token, access_token: token, expires_in: Math.ceil(lifetimeMs / 1000), issued_at: wallClock().toISOString() };
  // Who logs in for longer is given what it has to show then.
  return json(form.get('access_type') === 'offline' || form.get('offline_token') === 'true' ? { ...bought, refresh_token: access.password } : bought, { 'cache-control': 'no-store' });
}

async function formIn(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const bytes = await readSmallBody(request, mostFormBytes);
  return bytes === undefined ? undefined : new URLSearchParams(bytes.toString('utf8'));
}

/** https://www.rfc-editor.org/rfc/rfc7617 */
function basicIn({ headers: { authorization = '' } }: IncomingMessage): Buyer | undefined {
  const encoded = /^basic +(\S+)$/i.exec(authorization)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function isKnown({ username, password }: RegistryAccess, buyer: Buyer | undefined): boolean {
  if (buyer === undefined) return false;
  const [name, word] = [isSame(buyer.username, username), isSame(buyer.password, password)];
  return name && word;
}

/** In the same time, wherever they differ. */
function isSame(given: string, expected: string): boolean {
  const [one, other] = [given, expected].map((text) => createHash('sha256').update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}
