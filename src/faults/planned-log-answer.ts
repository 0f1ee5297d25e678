// SPDX-License-Identifier: Apache-2.0
import type { LogAnswer } from '../history/event.ts';

/** What a log is told to answer, beside failing altogether. */
export interface ToldAnswer {
  readonly answer: LogAnswer;
  /** Which requests: entries asked for, entries sent, or the search index. */
  readonly about: 'entries' | 'uploads' | 'index';
  /** Absent: the log behind answers, and what it answered is looked at. */
  readonly reply?: LogReply;
  /** To who sends what an entry is made of and asks for it, where that differs. */
  readonly retrieved?: LogReply;
  /** Answers to requests for single entries, by uuid, with what the log itself would leave out. */
  readonly entries?: ReadonlyMap<string, unknown>;
}

export interface LogReply {
  readonly status: number;
  readonly json: unknown;
}

interface Asked {
  readonly method: string;
  readonly path: string;
}

const entriesPath = '/api/v1/log/entries';

/** Nothing that was logged can be had any more. */
export const entriesCleared: ToldAnswer = { answer: 'entries-cleared', about: 'entries', reply: { status: 404, json: { code: 404, message: 'no such entry: the log was told that its entries are gone' } } };
/** The same, and who asks for entries by what they are made of gets an empty list, as of a log that never had them. */
export const entriesUnknown: ToldAnswer = { ...entriesCleared, retrieved: { status: 200, json: [] } };
export const uploadAccepted: ToldAnswer = { answer: 'upload-accepted', about: 'uploads' };
export const uploadRefused: ToldAnswer = { answer: 'upload-refused', about: 'uploads', reply: { status: 500, json: { code: 500, message: 'the log was told to refuse entries' } } };

/** Whatever is searched for, these entries are found: by uuid, as they are answered to who asks for them then. */
export function indexFinds(entries: ReadonlyMap<string, unknown>): ToldAnswer {
  return { answer: entries.size === 0 ? 'index-empty' : 'index-found', about: 'index', reply: { status: 200, json: [...entries.keys()] }, entries };
}

/** The answer that was told for a request, by method and path. https://github.com/sigstore/rekor/blob/main/openapi.yaml */
export function plannedLogAnswer(told: readonly ToldAnswer[], asked: Asked): ToldAnswer | undefined {
  const about = aboutWhat(asked);
  const found = told.find((one) => one.about === about);
  if (found?.retrieved !== undefined && asked.method === 'POST') return { ...found, reply: found.retrieved };
  return found ?? (asked.method === 'GET' && about === 'entries' ? foundEntry(told, asked.path) : undefined);
}

/** What a search has led to can be had. */
function foundEntry(told: readonly ToldAnswer[], path: string): ToldAnswer | undefined {
  const uuid = /([0-9a-f]{80})$/.exec(path)?.[1] ?? '';
  const one = told.find(({ entries }) => entries?.has(uuid));
  return one === undefined ? undefined : { ...one, reply: { status: 200, json: { [uuid]: one.entries?.get(uuid) } } };
}

/** True for the request that adds an entry. */
export function isUpload(asked: Asked): boolean {
  return aboutWhat(asked) === 'uploads';
}

function aboutWhat({ method, path }: Asked): ToldAnswer['about'] | undefined {
  const route = path.split('?', 1)[0]?.replace(/\/+$/, '') ?? '';
  if (method === 'POST' && route === entriesPath) return 'uploads';
  if (method === 'POST' && route === '/api/v1/index/retrieve') return 'index';
  if (method === 'POST' && route === `${entriesPath}/retrieve`) return 'entries';
  return method === 'GET' && (route === entriesPath || route.startsWith(`${entriesPath}/`)) ? 'entries' : undefined;
}
