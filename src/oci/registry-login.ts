// SPDX-License-Identifier: Apache-2.0
import { monotonicMs } from '../foundation/clock.ts';
import { StampedeError } from '../foundation/errors.ts';
import { httpAddress } from './http-address.ts';
import type { Transport } from './transport.ts';

/** A name and a password that a registry knows. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** What is asked of the registry: the scope of a token depends on it. */
export interface Wanted {
  readonly method: string;
  readonly url: URL;
}

/** Shows a registry who asks, in the way that it wants to be shown. */
export interface RegistryLogin {
  /** The value of `authorization`; undefined where the registry asks for none. */
  authorization(wanted: Wanted): Promise<string | undefined>;
  /** What was shown for this has been refused: the next time it is asked for anew. */
  forget(wanted: Wanted): void;
}

interface Challenge {
  readonly scheme: 'basic' | 'bearer';
  readonly realm: string;
  readonly service: string | undefined;
}

interface Bought {
  readonly token: string;
  /** On the monotonic clock. */
  readonly until: number;
}

/** As https://distribution.github.io/distribution/spec/auth/token/ has it, where a token does not say how long it lives. */
const usualLifetimeSeconds = 60;

/**
 * Learns once how the registry at `baseUrl` wants it, and keeps its tokens while they are good.
 * @throws `authorization`: StampedeError REGISTRY_REFUSED, CONNECTION_FAILED
 */
export function registryLogin({ username, password }: Credentials, baseUrl: string, transport: Transport): RegistryLogin {
  const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const tokens = new Map<string, Promise<Bought>>();
  let learned: Promise<Challenge | undefined> | undefined;
  const learn = async (): Promise<Challenge | undefined> => {
    learned ??= challengeOf(baseUrl, transport).catch((error: unknown) => {
      learned = undefined;
      throw error;
    });
    return await learned;
  };
  const tokenFor = async (challenge: Challenge, scopes: string): Promise<string> => {
    const kept = await tokens.get(scopes);
    if (kept !== undefined && kept.until > monotonicMs()) return kept.token;
    const buying = buy({ challenge, scopes, basic, baseUrl }, transport);
    tokens.set(scopes, buying);
    // A purchase that failed is not kept: the next request makes one of its own.
    buying.catch(() => tokens.delete(scopes));
    return (await buying).token;
  };
  return {
    async authorization(wanted) {
      const challenge = await learn();
      if (challenge === undefined) return undefined;
      return challenge.scheme === 'basic' ? basic : `Bearer ${await tokenFor(challenge, scopesOf(wanted))}`;
    },
    forget: (wanted) => void tokens.delete(scopesOf(wanted)),
  };
}

async function challengeOf(baseUrl: string, transport: Transport): Promise<Challenge | undefined> {
  const { status, headers, body } = await transport.request(`${baseUrl}/v2/`);
  body.resume();
  const text = headers['www-authenticate'];
  if (status !== 401 || text === undefined) return undefined;
  const scheme = /^(basic|bearer)\s/i.exec(text)?.[1]?.toLowerCase();
  const parameters = new Map([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name.toLowerCase(), value]));
  if (scheme !== 'basic' && scheme !== 'bearer') throw refused(baseUrl, `wants to be shown who asks in a way that is not known: ${JSON.stringify(text.slice(0, 200))}`);
  return { scheme, realm: parameters.get('realm') ?? '', service: parameters.get('service') };
}

interface Purchase {
  readonly challenge: Challenge;
  readonly scopes: string;
  readonly basic: string;
  readonly baseUrl: string;
}

async function buy({ challenge: { realm, service }, scopes, basic, baseUrl }: Purchase, transport: Transport): Promise<Bought> {
  const url = httpAddress(realm);
  if (url === undefined) throw refused(baseUrl, `names no place to get a token at: ${JSON.stringify(realm.slice(0, 200))}`);
  if (url.protocol === 'http:' && baseUrl.startsWith('https:')) throw refused(baseUrl, `wants a password in plain http, at ${url.origin}`);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes.split(' ').filter((one) => one !== '')) url.searchParams.append('scope', scope);
  const askedAt = monotonicMs();
  const response = await transport.request(url.href, { headers: { authorization: basic } });
  const bytes = await response.bytes();
  if (response.status !== 200) throw refused(baseUrl, `gives no token: ${response.status}`);
  const { token, lifetimeSeconds } = tokenIn(bytes) ?? {};
  if (token === undefined || lifetimeSeconds === undefined) throw refused(baseUrl, 'gives what is no token');
  // The last tenth of its life is for requests that are on their way.
  return { token, until: askedAt + lifetimeSeconds * 900 };
}

function tokenIn(bytes: Buffer): { readonly token: string; readonly lifetimeSeconds: number } | undefined {
  try {
    const document = JSON.parse(bytes.toString('utf8')) as { readonly token?: unknown; readonly access_token?: unknown; readonly expires_in?: unknown };
    const token = document.token ?? document.access_token;
    const seconds = document.expires_in;
    return typeof token === 'string' ? { token, lifetimeSeconds: typeof seconds === 'number' ? seconds : usualLifetimeSeconds } : undefined;
  } catch {
    return undefined;
  }
}

/** What a token has to allow, as https://distribution.github.io/distribution/spec/auth/scope/ writes it. */
function scopesOf({ method, url: { pathname, searchParams } }: Wanted): string {
  if (pathname === '/v2/_catalog') return 'registry:catalog:*';
  const name = /^\/v2\/(.+)\/(?:manifests|blobs|tags|referrers)\//.exec(pathname)?.[1];
  if (name === undefined) return '';
  const isReading = method === 'GET' || method === 'HEAD';
  const scope = `repository:${name}:${isReading ? 'pull' : method === 'DELETE' ? 'delete' : 'pull,push'}`;
  const from = method === 'POST' ? searchParams.get('from') : null;
  return from === null ? scope : `${scope} repository:${from}:pull`;
}

function refused(baseUrl: string, reason: string): StampedeError {
  return new StampedeError('REGISTRY_REFUSED', `${baseUrl} ${reason}`);
}
