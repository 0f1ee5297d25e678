// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { StampedeError } from '../../foundation/errors.ts';
import { looksInline, readDocument } from '../document.ts';

export interface SourceGroup {
  readonly name?: string;
  readonly policy: readonly string[];
}

/** What a policy configuration says, cut down to what this validator honours. */
export interface PolicySpecification {
  readonly sources: readonly SourceGroup[];
  readonly publicKey: string | undefined;
  readonly rekorUrl: string | undefined;
}

const honoured = new Set(['name', 'description', 'sources', 'publicKey', 'rekorUrl']);
const honouredOfGroup = new Set(['name', 'policy']);

/**
 * Finds the configuration that `--policy` names: the text itself, a file, or an object of the cluster.
 * Anything in it that would change the outcome and is not honoured here is an error, never skipped.
 * @throws StampedeError CONFIG_INVALID, POLICY_API_REFUSED
 */
export async function loadSpecification(policy: string | undefined): Promise<PolicySpecification> {
  if (policy === undefined || policy === '') return { sources: [], publicKey: undefined, rekorUrl: undefined };
  if (/^(git|oci|https?|github\.com)(::|:\/\/|\/)/.test(policy)) {
    throw invalid(`${JSON.stringify(policy)}: configurations are not fetched`, 'inline JSON or YAML, a file, or NAMESPACE/NAME');
  }
  if (existsSync(policy) || looksInline(policy)) return specificationOf(await readDocument(policy, '--policy'));
  const { readClusterObject } = await import('./cluster.ts');
  return specificationOf(await readClusterObject('enterprisecontractpolicies', policy));
}

/** @throws StampedeError CONFIG_INVALID */
export function specificationOf(document: unknown): PolicySpecification {
  const outer = objectOf(document, 'the policy configuration');
  const spec = 'spec' in outer ? objectOf(outer['spec'], 'spec') : outer;
  refuseUnknown(spec, honoured, 'policy configuration');
  const sources = spec['sources'] ?? [];
  if (!Array.isArray(sources)) throw invalid('sources is not a list', 'a list of {"policy": [...]}');
  return {
    sources: sources.map(groupOf),
    publicKey: optionalText(spec, 'publicKey'),
    rekorUrl: optionalText(spec, 'rekorUrl'),
  };
}

function groupOf(value: unknown): SourceGroup {
  const group = objectOf(value, 'a policy source');
  refuseUnknown(group, honouredOfGroup, 'policy source');
  const policy = group['policy'] ?? [];
  const isList = Array.isArray(policy) && policy.every((one): one is string => typeof one === 'string');
  if (!isList) throw invalid('policy is not a list of addresses', '"policy": ["git::https://..."]');
  const name = optionalText(group, 'name');
  return name === undefined ? { policy } : { name, policy };
}

function refuseUnknown(value: Record<string, unknown>, known: ReadonlySet<string>, what: string): void {
  const unknown = Object.entries(value).filter(([key, content]) => !known.has(key) && !isEmpty(content));
  if (unknown.length === 0) return;
  throw invalid(`${what}: ${unknown.map(([key]) => key).join(', ')} is not supported`, [...known].join(', '));
}

function isEmpty(content: unknown): boolean {
  return content === null || content === '' || (typeof content === 'object' && Object.keys(content).length === 0);
}

function optionalText(value: Record<string, unknown>, key: string): string | undefined {
  const text = value[key];
  if (text === undefined || text === null || text === '') return undefined;
  if (typeof text !== 'string') throw invalid(`${key} is not a text`, 'a text');
  return text;
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid(`${what} is not an object`, '{"sources": [{"policy": ["git::https://..."]}]}');
}

function invalid(message: string, supported: string): StampedeError {
  return new StampedeError('CONFIG_INVALID', message, { hint: `supported: ${supported}` });
}
