// SPDX-License-Identifier: Apache-2.0
import type { Question } from './rekor-questions.ts';

/** An answer of a log, without what no two logs have in common. */
export interface ComparableAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  /** What it ends with: the hash of the entry. */
  readonly location: string | undefined;
  readonly body: unknown;
}

/** Asks one log. `base`: its address without trailing slash. */
export async function askLog(base: string, { method, path, body, contentType = 'application/json' }: Question): Promise<ComparableAnswer> {
  const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body), headers: { 'content-type': contentType } };
  const response = await fetch(`${base}/api/v1/${path}`, { method, ...sent });
  const text = await response.text();
  return {
    status: response.status,
    contentType: response.headers.get('content-type')?.split(';')[0],
    location: response.headers.get('location')?.slice(-64),
    body: text === '' ? undefined : comparable(parsed(text)),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const key = /-----BEGIN PUBLIC KEY-----[\s\S]*-----END PUBLIC KEY-----\n/;
/** Fields whose value is the log's own business; what they look like is not. */
const ownFields: Readonly<Record<string, RegExp>> = {
  integratedTime: /^\d{10}$/,
  logIndex: /^\d+$/,
  treeSize: /^\d+$/,
  treeID: /^\d{1,19}$/,
  logID: /^[0-9a-f]{64}$/,
  rootHash: /^[0-9a-f]{64}$/,
  signedEntryTimestamp: /^M[A-Za-z0-9+/]{90,100}={0,2}$/,
  checkpoint: /^[^\n]+ - \d+\n\d+\n[A-Za-z0-9+/]{43}=\n\n— [^ \n]+ [A-Za-z0-9+/]+=*\n$/,
  signedTreeHead: /^[^\n]+ - \d+\n\d+\n[A-Za-z0-9+/]{43}=\n\n— [^ \n]+ [A-Za-z0-9+/]+=*\n$/,
};

function comparable(value: unknown, name = ''): unknown {
  const own = ownFields[name];
  if (own !== undefined) return own.test(String(value)) ? `a ${name}` : value;
  if (name === 'hashes' && Array.isArray(value)) return value.every((each) => /^[0-9a-f]{64}$/.test(String(each))) ? 'hashes' : value;
  if (Array.isArray(value)) return value.map((each) => comparable(each));
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([each, inner]) => [withoutTree(each), comparable(inner, each)]).sort(byName));
  return typeof value === 'string' ? settled(withoutTree(value.replace(key, 'a key\n'))) : value;
}

/** A message without its log's size, and with the methods in one order: the server lists them in a random one. */
function settled(text: string): string {
  return text.replace(/observable\(\d+\)/, 'observable(SIZE)').replace(/\[([A-Z]+(?:,[A-Z]+)+)\]/, (_, methods: string) => `[${methods.split(',').sort().join(',')}]`);
}

/** An entry's name without the tree that it is in. */
function withoutTree(text: string): string {
  return text.replaceAll(/\b[0-9a-f]{16}([0-9a-f]{64})\b/g, '$1');
}

function byName([one]: readonly unknown[], [other]: readonly unknown[]): number {
  return String(one) < String(other) ? -1 : 1;
}

export interface Disagreement {
  readonly question: string;
  readonly one: ComparableAnswer;
  readonly other: ComparableAnswer;
}

/**
 * Questions to which Rekor says 500 for what the client did wrong: its clients would ask again. A log that says 4xx instead is not taken to
 * disagree.
 */
const answeredWith500: ReadonlySet<string> = new Set(['a list', 'half a document']);

/** Asks both logs the same, one question after the other. `other` is the real one. */
export async function compareLogs(one: string, other: string, asked: readonly Question[]): Promise<readonly Disagreement[]> {
  const found: Disagreement[] = [];
  for (const question of asked) {
    const answers = [await askLog(one, question), await askLog(other, question)] as const;
    const isExcused = answeredWith500.has(question.name) && answers[1].status === 500 && answers[0].status >= 400 && answers[0].status < 500;
    if (!isExcused && !isSame(...answers)) found.push({ question: question.name, one: answers[0], other: answers[1] });
  }
  return found;
}

/** Lists of uuids have no order in common. */
export function isSame(one: ComparableAnswer, other: ComparableAnswer): boolean {
  const [left, right] = [one, other].map(({ body, ...rest }) => JSON.stringify({ ...rest, body: Array.isArray(body) && body.every((each) => typeof each === 'string') ? [...body].sort() : body }));
  return left === right;
}
