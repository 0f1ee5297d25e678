// SPDX-License-Identifier: Apache-2.0
import { BlockList, isIP } from 'node:net';
import { StampedeError } from '../foundation/errors.ts';
import { httpAddress } from './http-address.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a request, or undefined when it goes straight there; the rules are those of Go programs, so that
 * the reference validator and a Go one take the same way.
 * https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
 * @throws StampedeError CONFIG_INVALID for a proxy address that is not one.
 */
export function proxyFor(url: URL, environment: Environment): URL | undefined {
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const address = read(environment, name);
  if (address === undefined || isLoopback(hostOf(url)) || isExempt(url, read(environment, 'NO_PROXY') ?? '')) return undefined;
  return parseProxy(address, name);
}

function read(environment: Environment, name: string): string | undefined {
  const value = environment[name] || environment[name.toLowerCase()];
  return value === '' ? undefined : value;
}

function parseProxy(address: string, name: string): URL {
  const proxy = httpAddress(address.includes('://') ? address : `http://${address}`);
  if (proxy !== undefined) return proxy;
  throw new StampedeError('CONFIG_INVALID', `${name} is not the address of an http or https proxy`, {
    hint: 'write http://host:port',
  });
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function isExempt(url: URL, noProxy: string): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return noProxy
    .split(',')
    .map((rule) => rule.trim().toLowerCase())
    .some((rule) => rule !== '' && (rule === '*' || ruleMatches(rule, hostOf(url), port)));
}

/** A rule is a host, `.suffix`, `*.suffix`, address or network, the first ones with or without port. */
function ruleMatches(rule: string, host: string, port: string): boolean {
  if (rule.includes('/')) return isInNetwork(host, rule);
  const [, bracketed, plain = bracketed ?? rule, rulePort] = /^(?:\[(.+)\]|([^:]*))(?::(\d+))?$/.exec(rule) ?? [];
  if (plain === '' || (rulePort !== undefined && rulePort !== port)) return false;
  if (isIP(plain) !== 0) return plain === host;
  const suffix = plain.replace(/^\*\./, '.');
  return suffix.startsWith('.') ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`);
}

function isInNetwork(host: string, network: string): boolean {
  const [address = '', prefix = ''] = network.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  const length = Number(prefix);
  if (isIP(host) === 0 || isIP(address) === 0 || !/^\d+$/.test(prefix) || length > (family === 'ipv6' ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(address, length, family);
  return list.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
}
