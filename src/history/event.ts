// SPDX-License-Identifier: Apache-2.0
import type { DiffID, Digest } from '../oci/digest.ts';

/**
 * Everything that was observed in one run becomes an event first; checkers read events and nothing else.
 * `at` is in monotonic milliseconds since the recorder was made, `index` counts from 0 without gaps.
 */
export type Event = EventHead & EventBody;

export interface EventHead {
  readonly index: number;
  readonly at: number;
}

/** Who did it: a process (`validator-1`) and, where it can be told, a component inside it (a repository). */
export interface Actor {
  readonly participant: string;
}

/** What a request to the registry asked for. */
export interface RegistryTarget {
  readonly resource: 'ping' | 'manifest' | 'blob' | 'tags' | 'catalog' | 'referrers' | 'upload' | 'other';
  readonly repository: string | undefined;
  /** A tag or digest for manifests, a digest for blobs. */
  readonly reference: string | undefined;
}

/**
 * What a process does with files, in families: the system's calls for one purpose. `look` asks whether something is
 * there, `open` and `create` open it (the latter to write), `rename` gives a name, links included, `remove` takes one.
 */
export type CallFamily = 'look' | 'open' | 'read' | 'create' | 'write' | 'sync' | 'close' | 'rename' | 'remove' | 'lock';

/** A system call that concerns the cache, after it was done. */
export interface FileCall {
  readonly family: CallFamily;
  /** Hex digits of the digest in the path; empty where there is none, as in that of the cache's folder. */
  readonly entry: string;
  /** Which one of its family and entry in this process, from 1. */
  readonly nth: number;
  /** Below the cache's folder; empty for the folder itself. */
  readonly path: string;
  /** As the system calls it, `renameat2`. */
  readonly name: string;
  /** What the system answered: `0`, `ENOENT`, or how many bytes. */
  readonly result: string;
}

/** How the bytes of a cache entry relate to what its name promises. */
export type CacheFileClass =
  /** digest equals the name */
  | 'exact'
  /** a proper prefix of the content, other than only trailing tar padding missing */
  | 'prefix'
  /** short only by the tar's trailing zero padding */
  | 'short-by-padding'
  | 'other-bytes'
  /** not named as an entry: a temporary file or a lock */
  | 'foreign'
  /** named as an entry, but not one of the contents that this run knows */
  | 'unknown-content';

/** What a cache holds of the layers that a run is to read: none, all, some, or entries that are not what they should be. */
export type CacheState = 'cold' | 'warm' | 'half-filled' | 'damaged';

/** Which moment a cache file was looked at. */
export type CacheMoment = 'before' | 'held' | 'after';

export type EventBody =
  | {
      readonly kind: 'workload-known';
      /** The layers that the run's validators are to read through their cache; `size` in bytes, as they travel. */
      readonly layers: readonly { readonly digest: Digest; readonly diffId: DiffID; readonly size: number }[];
      /** The one that the run's schedule is about; absent: it is about none that all read. */
      readonly shared?: Digest;
      /** What the cache was made to be before; absent: it is as earlier runs have left it. */
      readonly cache?: CacheState;
      /** The cache's files are not named after what is in them, so they tell nothing. */
      readonly isOpaque?: true;
    }
  | ({
      readonly kind: 'validator-started';
      readonly pid: number;
      /** The command as it was run, program first. */
      readonly command: readonly string[];
      readonly directory: string;
    } & Actor)
  | ({
      readonly kind: 'validator-exited';
      readonly ending: Ending;
      readonly exitCode: number | null;
      readonly signal: string | null;
      readonly durationMs: number;
      /** Peak resident memory in bytes, null where the system does not tell. */
      readonly peakRssBytes: number | null;
      /** The most open files and threads that samples saw; absent: none was seen. */
      readonly peakOpenFiles?: number;
      readonly peakThreads?: number;
      readonly stdout: OutputSummary;
      readonly stderr: OutputSummary;
      /** Processes of its group that outlived it and were killed; absent: none was seen. */
      readonly leftBehind?: number;
      /** A process that had left its group held an output open: what that wrote later is lost. */
      readonly outputHeldOpen?: true;
    } & Actor)
  | ({
      readonly kind: 'request';
      /** Unique in the run; the response carries the same number. */
      readonly request: number;
      readonly method: string;
      readonly path: string;
      readonly target: RegistryTarget;
    } & Actor)
  | ({
      readonly kind: 'response';
      readonly request: number;
      readonly status: number;
      /** Body bytes passed on. */
      readonly bytes: number;
      /** False when either side broke off. */
      readonly complete: boolean;
    } & Actor)
  | ({
      readonly kind: 'gate-arrived';
      readonly gate: string;
      /** Absent: a file call is what it stands after. */
      readonly request?: number;
      readonly repository?: string;
      /** The process has been stopped after it. */
      readonly call?: FileCall;
      /** Bytes of the body that were passed on before it was held; absent: the request itself is held. */
      readonly afterBytes?: number;
    } & Actor)
  /** What was done to a request, to its process, or to the cache, while somebody stood at a gate. */
  | ({ readonly kind: 'fault-struck'; readonly gate: string; readonly request?: number; readonly fault: string } & Actor)
  | ({ readonly kind: 'file-call'; readonly call: FileCall } & Actor)
  /** Where turns are taken, another one than before goes on, while those named stand at their next steps. */
  | ({ readonly kind: 'turn-taken'; readonly step: number; readonly standing: readonly string[] } & Actor)
  /** `timeout`: nobody could take a step any more, so everybody was let go. */
  | { readonly kind: 'turns-over'; readonly reason: 'closed' | 'timeout'; readonly steps: number }
  | {
      readonly kind: 'gate-opened';
      readonly gate: string;
      readonly reason: GateOpening;
      /** How many distinct parties stood at the gate, and how many it was for. */
      readonly arrived: number;
      readonly wanted: number;
      /** Those who did nothing while others stood there, and had nothing on its way to them: they waited. */
      readonly waiting?: readonly string[];
      /** Those who came to their end while others stood there. */
      readonly ended?: readonly string[];
      /** What is to be done to those who stood there; absent: they go on. */
      readonly fault?: string;
    }
  | {
      readonly kind: 'cache-file-seen';
      readonly moment: CacheMoment;
      readonly path: string;
      readonly size: number;
      readonly digest: Digest;
      readonly class: CacheFileClass;
    }
  /** What the participant may take at most, by what one takes that reads small layers, and by the size of its own. */
  | ({ readonly kind: 'limits-known'; readonly rssBytes: number; readonly openFiles: number; readonly threads: number; readonly diskBytes: number } & Actor)
  /**
   * What a serial run leaves in the cache besides entries, below its folder: an index, for example. `contents`: entries that hold something
   * else than their names promise, and what they hold.
   */
  | { readonly kind: 'usual-files-known'; readonly paths: readonly string[]; readonly contents?: readonly Pick<EventOf<'cache-file-seen'>, 'path' | 'digest'>[] }
  | { readonly kind: 'cache-looked-at'; readonly moment: CacheMoment; readonly files: number }
  /** The log in this run fails by `fault`, once it has answered `after` requests. */
  | { readonly kind: 'log-fault'; readonly fault: LogFault; readonly after: number }
  /** The log in this run answers some requests in a way of its own. */
  | { readonly kind: 'log-told'; readonly answer: LogAnswer }
  | {
      readonly kind: 'log-asked';
      readonly method: string;
      readonly path: string;
      readonly outcome: LogFault | LogAnswer | 'answered';
      /** Kind and version of the entry that was sent, empty when it is none; absent: nobody looked. */
      readonly entry?: string;
      /** What was answered to who sent it. */
      readonly status?: number;
    }
  | {
      readonly kind: 'log-entry-seen';
      readonly uuid: string;
      readonly logIndex: number;
      /** What the log says of it that can't be true; null where all of it verifies. */
      readonly problem: string | null;
    }
  | {
      readonly kind: 'log-looked-at';
      readonly entries: number;
      /** False where the log could not be asked. */
      readonly answered: boolean;
      readonly problem: string | null;
    }
  | {
      readonly kind: 'outcome-compared';
      readonly participant: string;
      readonly against: string;
      readonly equal: boolean;
      /** Where they part, a few lines, empty when equal. */
      readonly difference: string;
      /** Its disk was made to fail, and it ended with an error and claimed nothing: all that is asked of a program that promises no more. */
      readonly isTold?: true;
    }
  | {
      readonly kind: 'snapshot-compared';
      readonly snapshot: string;
      readonly outcome: 'matched' | 'mismatched' | 'missing' | 'written';
    };

/** How the transparency log fails: an error status, late answers, or no answer at all. */
export type LogFault = 'status' | 'slow' | 'down';

/** What the log was told to answer: that entries are gone, that one was taken or not, that a search finds nothing or something. */
export type LogAnswer = 'entries-cleared' | 'upload-accepted' | 'upload-refused' | 'index-empty' | 'index-found';

/** How a validator ended, seen from the one who started it. Orthogonal to its exit code. */
export type Ending = 'exited' | 'signalled' | 'deadline' | 'output-limit' | 'stopped';

/** Why a gate opened: only `condition` proves the overlap. */
export type GateOpening =
  | 'condition'
  /** so many parties ended that the condition could no longer be met */
  | 'abandoned'
  | 'timeout'
  /** the run ended */
  | 'closed';

export interface OutputSummary {
  /** File name inside the stored run. */
  readonly file: string;
  readonly bytes: number;
  readonly digest: Digest;
  /** True when the program wrote more than was kept. */
  readonly truncated: boolean;
}

export type EventKind = EventBody['kind'];
export type EventOf<K extends EventKind> = Extract<Event, { readonly kind: K }>;
export type History = readonly Event[];

/** All events of one kind, in order. */
export function eventsOf<K extends EventKind>(history: History, kind: K): readonly EventOf<K>[] {
  return history.filter((event): event is EventOf<K> => event.kind === kind);
}
