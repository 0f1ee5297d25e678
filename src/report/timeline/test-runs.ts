// SPDX-License-Identifier: Apache-2.0
import { judge, type Checker } from '../../checkers/checker.ts';
import { outcomesAgree } from '../../checkers/outcomes-agree.ts';
import { overlapped } from '../../checkers/overlapped.ts';
import { exited, started } from '../../checkers/test-history.ts';
import type { CallFamily, CacheFileClass, CacheMoment, Event, EventBody, FileCall, History } from '../../history/event.ts';
import { diffIdOf, digestOf } from '../../oci/digest.ts';
import type { DrawnRun } from './run-view.ts';

/** The layer that all read: `layer A` of a page. */
export const shared = { digest: digestOf(Buffer.from('shared')), diffId: diffIdOf(Buffer.from('tar of shared')), size: 524_741 } as const;
const own = { digest: digestOf(Buffer.from('own')), diffId: diffIdOf(Buffer.from('tar of own')), size: 500 } as const;

/** An event body and when it came, in milliseconds. */
export type Timed = readonly [at: number, body: EventBody];

export function history(...timed: readonly Timed[]): History {
  return timed.map(([at, body], index): Event => ({ index, at, ...body }));
}

export function asks(participant: string, request: number, reference: string = shared.digest): EventBody {
  const resource = reference.startsWith('sha256:') ? 'blob' : 'manifest';
  return { kind: 'request', participant, request, method: 'GET', path: `/v2/a/${resource}s/${reference}`, target: { resource, repository: `s-1/acceptance/bundle-${participant}`, reference } };
}

export function answered(participant: string, request: number, bytes: number): EventBody {
  return { kind: 'response', participant, request, status: 200, bytes, complete: true };
}

export function call(participant: string, family: CallFamily, nth: number, more: Partial<FileCall> = {}): EventBody {
  const entry = shared.diffId.slice('sha256:'.length);
  return { kind: 'file-call', participant, call: { family, entry, nth, path: shared.diffId, name: family, result: '0', ...more } };
}

export function cacheFile(moment: CacheMoment, path: string, size: number, kind: CacheFileClass = 'exact'): EventBody {
  return { kind: 'cache-file-seen', moment, path, size, digest: shared.digest, class: kind };
}

/** One stands in the middle of the shared layer, another one reads half of it and says something else. */
export function tornRead(names: readonly [string, string] = ['validator-1', 'validator-2'], difference = '- exit status 0\n+ exit status 1'): DrawnRun {
  const [leader, follower] = names;
  const events = history(
    [0.1, { kind: 'workload-known', layers: [shared, own] }],
    [0.3, { kind: 'cache-looked-at', moment: 'before', files: 0 }],
    [10, started(leader)],
    [14, started(follower)],
    [355, asks(follower, 1, 'latest')],
    [356, { kind: 'gate-arrived', gate: 'others', participant: follower, request: 1 }],
    [400, asks(leader, 2, 'latest')],
    [404, answered(leader, 2, 776)],
    [420, asks(leader, 3)],
    [425, { kind: 'gate-arrived', gate: 'leader', participant: leader, request: 3, afterBytes: 262_370 }],
    [427, { kind: 'gate-opened', gate: 'others', reason: 'condition', arrived: 1, wanted: 1 }],
    [430, answered(follower, 1, 776)],
    [440, asks(follower, 4, own.digest)],
    [446, answered(follower, 4, 500)],
    [540, { ...exited(follower), exitCode: 1 } as EventBody],
    [542, cacheFile('held', shared.digest, 262_370, 'prefix')],
    [543, cacheFile('held', own.digest, 500)],
    [544, { kind: 'cache-looked-at', moment: 'held', files: 2 }],
    [545, { kind: 'gate-opened', gate: 'leader', reason: 'condition', arrived: 1, wanted: 2, waiting: [], ended: [follower] }],
    [549, answered(leader, 3, 524_741)],
    [600, exited(leader)],
    [610, cacheFile('after', shared.digest, 524_741)],
    [611, { kind: 'cache-looked-at', moment: 'after', files: 1 }],
    [620, { kind: 'outcome-compared', participant: leader, against: 'serial run', equal: true, difference: '' }],
    [621, { kind: 'outcome-compared', participant: follower, against: 'serial run', equal: false, difference }],
  );
  const gates = [
    { name: 'leader', until: { kind: 'standstill' } },
    { name: 'others', until: { kind: 'reached', gate: 'leader' } },
  ];
  return run({ history: events, plan: { participants: names.map((name) => ({ name })), gates, meeting: 'schedule leader-follower/middle/1', subject: 'reference', seed: '1' } });
}

/** Two processes take turns; each makes so many file calls, and the second reads what the first still writes. */
export function traced(calls: number): DrawnRun {
  const [writer, reader] = ['validator-1', 'validator-2'];
  const timed: Timed[] = [[0, { kind: 'workload-known', layers: [shared] }], [5, started(writer)], [6, started(reader)], [19, call(writer, 'create', 1, { result: '17' })]];
  for (let nth = 1; nth <= calls; nth += 1) {
    timed.push([20 + nth * 0.1, call(writer, 'write', nth, { result: '32768' })]);
    timed.push([20.02 + nth * 0.1, { kind: 'turn-taken', participant: nth % 2 === 0 ? writer : reader, step: nth, standing: [writer] }]);
    timed.push([20.05 + nth * 0.1, call(reader, nth === 12 ? 'open' : 'look', nth, { result: nth % 50 === 0 ? 'EIO' : '0' })]);
  }
  const end = 30 + calls * 0.1;
  return run({ history: history(...timed, [end, { kind: 'turns-over', reason: 'closed', steps: calls }], [end + 1, exited(writer)], [end + 2, exited(reader)]), plan: undefined });
}

/** So many processes that all stand at one gate, the last one killed there; `layers` requests for each. */
export function crowd(count: number, layers: number): DrawnRun {
  const names = Array.from({ length: count }, (_, index) => `validator-${index + 1}`);
  const timed: Timed[] = [[0, { kind: 'workload-known', layers: [shared, own] }], ...names.map((name, index): Timed => [1 + index, started(name)])];
  const later: Timed[] = [];
  names.forEach((name, index) => {
    for (let nth = 0; nth < layers; nth += 1) {
      const request = index * layers + nth + 1;
      timed.push([100 + nth + index * 0.1, asks(name, request, nth === 0 ? shared.digest : digestOf(Buffer.from(`${name} ${nth}`)))]);
      if (nth === 0) timed.push([100.05 + index * 0.1, { kind: 'gate-arrived', gate: 'together', participant: name, request }]);
      later.push([300 + nth + index * 0.1, answered(name, request, 1000)]);
    }
  });
  const opening: Timed = [299, { kind: 'gate-opened', gate: 'together', reason: 'condition', arrived: count, wanted: count, waiting: [], ended: [] }];
  const struck: Timed = [299.1, { kind: 'fault-struck', gate: 'together', participant: names.at(-1) ?? '', fault: 'kill' }];
  const exits = names.map((name, index): Timed => [400 + index, index === count - 1 ? exited(name, 'signalled') : exited(name)]);
  const inOrder = [...timed, opening, struck, ...later, ...exits].sort(([one], [other]) => one - other);
  return run({ history: history(...inOrder), plan: { gates: [{ name: 'together', until: { kind: 'arrivals' } }] } });
}

function run({ history: events, plan }: Pick<DrawnRun, 'history' | 'plan'>): DrawnRun {
  const checkers: readonly Checker[] = [outcomesAgree, overlapped];
  return { name: 'scheduled', plan, history: events, verdicts: checkers.map((checker) => judge(checker, events)) };
}
