// SPDX-License-Identifier: Apache-2.0
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** What may be done to a repository, or to the registry itself. https://distribution.github.io/distribution/spec/auth/scope/ */
export interface Scope {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** What a token says when it is shown. */
export type TokenWord = { readonly is: 'good'; readonly scopes: readonly Scope[] } | { readonly is: 'expired' } | { readonly is: 'unknown' };

export interface TokenMint {
  issue(scopes: readonly Scope[]): string;
  read(token: string): TokenWord;
}

export interface MintSettings {
  /** All its tokens begin with it, so that they can be told from everything else. */
  readonly prefix: string;
  readonly lifetimeMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Tokens that carry what they allow and until when, sealed with a key that nobody else has. */
export function tokenMint({ prefix, lifetimeMs, now }: MintSettings): TokenMint {
  const key = randomBytes(32);
  const sealOf = (claims: string): Buffer => createHmac('sha256', key).update(claims).digest();
  return {
    issue(scopes) {
      // Two of one moment are two all the same.
      const claims = Buffer.from(JSON.stringify({ scopes, until: now() + lifetimeMs, nonce: randomBytes(6).toString('hex') })).toString('base64url');
      return `${prefix}${claims}.${sealOf(claims).toString('base64url')}`;
    },
    read(token) {
      const [claims = '', seal = ''] = token.startsWith(prefix) ? token.slice(prefix.length).split('.') : [];
      const [expected, given] = [sealOf(claims), Buffer.from(seal, 'base64url')];
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return { is: 'unknown' };
      const { scopes, until } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { scopes: readonly Scope[]; until: number };
      return until > now() ? { is: 'good', scopes } : { is: 'expired' };
    },
  };
}

/** `repository:a/b:pull,push`; undefined for what is no scope. Names may hold colons. */
export function parseScope(text: string): Scope | undefined {
  const [, type = '', name = '', actions = ''] = /^([a-z]+(?:\([a-z]+\))?):(.+):([a-z,*]+)$/.exec(text) ?? [];
  return name === '' ? undefined : { type, name, actions: actions.split(',').filter((action) => action !== '') };
}

export function scopeText({ type, name, actions }: Scope): string {
  return `${type}:${name}:${actions.join(',')}`;
}

export function allows(granted: readonly Scope[], wanted: Scope): boolean {
  const actions = granted.filter(({ type, name }) => type === wanted.type && name === wanted.name).flatMap((scope) => scope.actions);
  return actions.includes('*') || wanted.actions.every((action) => actions.includes(action));
}
