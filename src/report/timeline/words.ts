// SPDX-License-Identifier: Apache-2.0
import type { CacheFileClass, CacheMoment, Event, EventBody, EventOf, FileCall } from '../../history/event.ts';
import { gateOpens } from './gate-words.ts';
import { hexIn } from './names.ts';
import type { RunView } from './run-view.ts';
import { counted, cut, grouped, listed, ordinal } from './text.ts';

/** What an event says, in one plain sentence without a full stop; not escaped. */
export function sentenceOf(event: Event, view: RunView): string {
  switch (event.kind) {
    case 'workload-known':
      return `${counted(event.layers.length, 'layer')} to be read through the cache${event.cache === undefined ? '' : `, which is ${event.cache}`}${event.isOpaque === true ? '; its files are not named after what is in them' : ''}`;
    case 'validator-started':
      return `${event.participant} starts (process ${event.pid}): ${cut(event.command.join(' '), 160)}`;
    case 'validator-exited':
      return `${event.participant} ${endOf(event)}`;
    case 'request':
      return `${event.participant} asks for ${askedFor(event, view)}`;
    case 'response':
      return `${event.participant} ${answerOf(event, view)}`;
    case 'gate-arrived':
      return `${event.participant} stands at the gate "${event.gate}": ${placeOf(event, view)}`;
    case 'gate-opened':
      return gateOpens(event, view.planned.gates.get(event.gate));
    case 'fault-struck':
      return faultStrikes(event, view);
    case 'file-call':
      return `${event.participant} does ${callOf(event.call, view)}`;
    case 'turn-taken':
      return `step ${event.step}: ${event.participant} goes on${event.standing.length > 0 ? `, while ${listed(event.standing)} ${event.standing.length === 1 ? 'stands' : 'stand'}` : ''}`;
    case 'turns-over':
      return event.reason === 'closed' ? `no turns any more, after ${counted(event.steps, 'step')}` : `nobody could take a turn any more after ${counted(event.steps, 'step')}: everybody was let go`;
    default:
      return seen(event, view);
  }
}

type Observation = Extract<EventBody, { readonly kind: `cache-${string}` | `log-${string}` | `${string}-compared` | 'limits-known' | 'usual-files-known' }>;

/** What was looked at, not done. */
function seen(event: Observation, view: RunView): string {
  switch (event.kind) {
    case 'cache-file-seen':
      return `${momentWords[event.moment]}, ${view.names.in(event.path)} in the cache has ${sizeOf(event, view)}: ${classWords[event.class]}`;
    case 'cache-looked-at':
      return `the cache is looked at ${momentWords[event.moment]}: ${counted(event.files, 'file')}`;
    case 'log-fault':
      return `the log fails (${event.fault}) after ${counted(event.after, 'request')}`;
    case 'log-told':
      return `the log was told what to answer (${event.answer})`;
    case 'log-asked':
      return `the log is asked ${event.method} ${event.path}: ${event.outcome}${event.entry === undefined ? '' : `, ${event.entry || 'no entry'}, status ${event.status ?? 0}`}`;
    case 'log-entry-seen':
      return `the log has entry ${event.logIndex}, ${event.problem ?? 'which verifies'}`;
    case 'log-looked-at':
      return `the log ${event.answered ? `has ${grouped(event.entries)} entries` : 'does not answer'}${event.problem === null ? '' : `: ${event.problem}`}`;
    case 'limits-known':
      return `${event.participant} may take ${grouped(event.rssBytes)} bytes of memory, ${grouped(event.diskBytes)} of disk, ${counted(event.openFiles, 'open file')}, ${counted(event.threads, 'thread')}`;
    case 'usual-files-known':
      return event.paths.length === 0 ? 'serial runs leave entries alone in the cache' : `serial runs leave ${listed(event.paths)} in the cache, too`;
    case 'outcome-compared':
      if (event.isTold === true) return `${event.participant} ended with an error, as its disk failed, and claimed nothing`;
      return event.equal ? `${event.participant} said what it says alone (${event.against})` : `${event.participant} said something else than the ${event.against}`;
    case 'snapshot-compared':
      return `the snapshot "${event.snapshot}" ${event.outcome === 'written' || event.outcome === 'missing' ? `was ${event.outcome}` : `has ${event.outcome}`}`;
  }
}

export const classWords: Readonly<Record<CacheFileClass, string>> = {
  exact: 'whole, what its name promises',
  prefix: 'only the beginning of it',
  'short-by-padding': 'whole but for the padding at a tar’s end',
  'other-bytes': 'other bytes than its name promises',
  foreign: 'not an entry: a temporary file, a lock, or left behind',
  'unknown-content': 'not what its name promises, and nobody knows how it should begin',
};

export const momentWords: Readonly<Record<CacheMoment, string>> = {
  before: 'before the run',
  held: 'while nobody moved',
  after: 'after the run',
};

/** `263,571 of 526,848 bytes` */
export function sizeOf({ path, size }: Pick<EventOf<'cache-file-seen'>, 'path' | 'size'>, { names }: RunView): string {
  const total = names.sizeOf(hexIn(path));
  const isLock = size === 0 && path.endsWith('lock');
  return total === undefined || total === size || isLock ? counted(size, 'byte') : `${grouped(size)} of ${grouped(total)} bytes`;
}

/** `layer A`, `the manifest latest`, with the method unless it is GET. */
export function askedFor({ method, path, target }: EventOf<'request'>, { names }: RunView): string {
  const verb = method === 'GET' ? '' : `${method} `;
  const of = target.repository === undefined ? '' : ` of ${cut(target.repository.split('/').slice(-2).join('/'), 60)}`;
  if (target.resource === 'other' || target.resource === 'ping') return `${verb}${cut(path, 80)}`;
  const reference = cut(names.in(target.reference ?? ''), 60);
  if (target.resource === 'blob' && names.isLayer(hexIn(target.reference ?? ''))) return `${verb}${reference}${of}`;
  return `${verb}${target.resource} ${reference}${of}`;
}

function answerOf({ request, status, bytes, complete }: EventOf<'response'>, view: RunView): string {
  const asked = view.requests.get(request);
  const what = asked === undefined ? `request ${request}` : askedFor(asked, view);
  if (complete) return `has its answer for ${what}: status ${status}, ${counted(bytes, 'byte')}`;
  return `has no whole answer for ${what}: it was broken off after ${counted(bytes, 'byte')}${status === 0 ? '' : `, status ${status}`}`;
}

/** How a process ended. */
export function endOf({ ending, exitCode, signal, leftBehind }: EventOf<'validator-exited'>): string {
  const left = leftBehind === undefined ? '' : `, and left ${counted(leftBehind, 'process')} behind`;
  const by = signal === null ? '' : ` (${signal})`;
  switch (ending) {
    case 'exited':
      return `ends with status ${exitCode ?? 'unknown'}${left}`;
    case 'signalled':
      return `is ended by a signal${by}${left}`;
    case 'deadline':
      return `has not ended within its deadline and is stopped${by}${left}`;
    case 'output-limit':
      return `writes more than is kept and is stopped${by}${left}`;
    case 'stopped':
      return `is stopped before its end${by}${left}`;
  }
}

/** Where somebody stands: in a body, before a request, after a file call. */
export function placeOf({ request, call, afterBytes }: EventOf<'gate-arrived'>, view: RunView): string {
  if (call !== undefined) return `after ${callOf(call, view)}`;
  const asked = request === undefined ? undefined : view.requests.get(request);
  const what = asked === undefined ? `request ${request ?? ''}` : askedFor(asked, view);
  return afterBytes === undefined ? `its request for ${what} is held` : `it has ${passedOf(afterBytes, asked, view)} of ${what}`;
}

function passedOf(afterBytes: number, asked: EventOf<'request'> | undefined, { names }: RunView): string {
  const total = names.sizeOf(hexIn(asked?.target.reference ?? ''));
  return total === undefined ? counted(afterBytes, 'byte') : `${grouped(afterBytes)} of ${grouped(total)} bytes`;
}

/** `its 2nd write on tar of layer A (pwrite64: 65536)` */
export function callOf({ family, entry, path, nth, name, result }: FileCall, { names }: RunView): string {
  const on = path === '' ? 'the cache’s folder' : cut(names.in(path), 80);
  return `its ${ordinal(nth)} ${family}${entry === '' && path !== '' ? ' of what is of no layer,' : ''} on ${on} (${name}: ${result})`;
}

function faultStrikes({ participant, fault, request }: EventOf<'fault-struck'>, view: RunView): string {
  const asked = request === undefined ? undefined : view.requests.get(request);
  const what = asked === undefined ? 'what it asked for' : askedFor(asked, view);
  const [error = '', family = ''] = fault.split('/');
  const known = new Map([
    ['kill', `${participant} is killed (SIGKILL)`],
    ['evict', `all entries are removed from the cache, while ${participant} stands`],
    ['reset', `the connection on which ${participant} gets ${what} is reset`],
    ['cut', `the connection on which ${participant} gets ${what} is ended with bytes owed`],
    ['short-body', `${participant} gets only a part of ${what}, which looks whole`],
    ['wrong-bytes', `${participant} gets a wrong byte of ${what}`],
  ]).get(fault);
  if (known !== undefined) return known;
  if (/^(?:delay|trickle) /.test(fault)) return `${what} comes to ${participant} slowly: ${fault}`;
  if (fault.startsWith('status ')) return `${participant} is answered with ${fault} for ${what}`;
  if (family !== '') return `each ${family} of ${participant} in the cache fails with ${error} from here on`;
  return `${participant} meets the fault ${fault}${asked === undefined ? '' : ` at ${what}`}`;
}
