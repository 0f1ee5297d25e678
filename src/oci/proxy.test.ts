// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { proxyFor, type Environment } from './proxy.ts';

const proxies = { HTTP_PROXY: 'http://plain.example:1', HTTPS_PROXY: 'http://secure.example:2' };

function hostFor(url: string, environment: Environment = proxies): string | undefined {
  return proxyFor(new URL(url), environment)?.host;
}

describe('proxyFor', () => {
  it('chooses by the scheme of the request', () => {
    expect(hostFor('http://registry.local/v2/')).toBe('plain.example:1');
    expect(hostFor('https://registry.local/v2/')).toBe('secure.example:2');
    expect(hostFor('https://registry.local/v2/', { HTTP_PROXY: 'http://plain.example:1' })).toBeUndefined();
  });

  it('reads lower-case names where the upper-case ones are absent or empty', () => {
    expect(hostFor('http://a.example', { HTTP_PROXY: '', http_proxy: 'lower.example:3' })).toBe('lower.example:3');
    expect(hostFor('http://a.example', { ...proxies, no_proxy: 'a.example' })).toBeUndefined();
  });

  it.each(['http://localhost:5000', 'http://127.0.0.1:1', 'https://127.8.9.1', 'http://[::1]:80'])('goes straight to %s', (url) => {
    expect(hostFor(url)).toBeUndefined();
  });

  it.each([
    ['*', 'http://any.example', true],
    ['example.com', 'http://example.com', true],
    ['example.com', 'http://deep.EXAMPLE.com', true],
    ['example.com', 'http://notexample.com', false],
    ['.example.com', 'http://deep.example.com', true],
    ['.example.com', 'http://example.com', false],
    ['*.example.com', 'http://deep.example.com', true],
    [' a.example , example.com:8080 ', 'http://example.com:8080', true],
    ['example.com:8080', 'http://example.com', false],
    ['example.com:443', 'https://example.com', true],
    ['10.1.0.0/16', 'http://10.1.2.3', true],
    ['10.1.0.0/16', 'http://10.2.2.3', false],
    ['10.1.0.0/99', 'http://10.1.2.3', false],
    ['10.1.2.3', 'http://10.1.2.3:5000', true],
    ['[fd00::1]:5000', 'http://[fd00::1]:5000', true],
    ['fd00::/8', 'http://[fd00::1]', true],
    ['', 'http://example.com', false],
    [',:80,', 'http://example.com', false],
  ])('NO_PROXY=%s, %s: exempt %s', (rules, url, exempt) => {
    expect(hostFor(url, { ...proxies, NO_PROXY: rules }) === undefined).toBe(exempt);
  });

  it('refuses what is no http proxy', () => {
    for (const address of ['socks5://a.example:1', 'http://', 'a b']) {
      expect(() => hostFor('http://b.example', { HTTP_PROXY: address })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error);
    }
  });
});
