// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { EventBody } from '../../history/event.ts';
import { meetingsOnFiles } from './meetings-on-files.ts';
import { call, history } from './test-runs.ts';

const found = (...bodies: readonly EventBody[]) =>
  meetingsOnFiles(history(...bodies.map((body, at) => [at, body] as const))).map(({ call: event, other, writes }) => [event.index, event.participant, other, writes]);
const [create, write, rewrite] = [call('a', 'create', 1), call('a', 'write', 1), call('a', 'write', 2)];

describe('meetings on files', () => {
  it('are told of who opens what another one still writes', () => {
    expect(found(create, write, call('b', 'open', 1), call('b', 'read', 1), rewrite)).toEqual([[2, 'b', 'a', { done: 1, all: 2 }]]);
  });

  it('are told of a second writer, and of the first once more', () => {
    expect(found(create, write, call('b', 'create', 1), rewrite, call('b', 'write', 1))).toEqual([
      [2, 'b', 'a', { done: 1, all: 2 }],
      [3, 'a', 'b', { done: 0, all: 1 }],
    ]);
  });

  it('are told of who does not find what another one removed, until it is there again', () => {
    const missed = call('b', 'open', 1, { result: 'ENOENT' });
    expect(found(call('a', 'remove', 1), missed)).toEqual([[1, 'b', 'a', undefined]]);
    expect(found(call('a', 'remove', 1), call('a', 'rename', 1), missed)).toEqual([]);
    expect(found(call('b', 'remove', 1), missed, call('a', 'look', 1))).toEqual([]);
  });

  it.each([
    ['who comes before or after the writes', [call('b', 'open', 1), create, write, rewrite, call('b', 'open', 2)]],
    ['who only looks', [create, call('b', 'look', 1), write]],
    ['who fails', [create, call('b', 'open', 1, { result: 'EACCES' }), write]],
    ['other files', [create, call('b', 'open', 1, { path: 'other' }), write]],
    ['locks', [create, call('b', 'open', 1), write].map((body) => (body.kind === 'file-call' ? { ...body, call: { ...body.call, path: 'x.lock' } } : body))],
    ['one alone', [create, write, call('a', 'open', 1), rewrite]],
  ] as const)('are not told of %s', (_, bodies) => {
    expect(found(...bodies)).toEqual([]);
  });
});
