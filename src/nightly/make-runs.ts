// SPDX-License-Identifier: Apache-2.0
import { statfsSync } from 'node:fs';
import type { NamedVerdict, Verdict } from '../checkers/checker.ts';
import { causeOf } from '../explore/cause.ts';
import { monotonicMs, wallClock } from '../foundation/clock.ts';
import { describeError, hasCode, StampedeError } from '../foundation/errors.ts';
import type { KeptFolders } from './kept-folders.ts';
import { planKey, runIdOf, type NightRecord, type RunRecord, type ShardRecord } from './record.ts';
import type { NightStore, PlannedRun } from './store.ts';

/** What one run came to. */
export interface Outcome {
  readonly verdict: Verdict['verdict'];
  readonly verdicts: readonly NamedVerdict[];
  /** Where its plan, history and outputs are. */
  readonly folder: string;
  readonly durationMs: number;
  readonly validatorMs: number;
  readonly peakRssBytes: number | undefined;
}

/** Makes one run; what it throws is the harness's failure. */
export type Perform = (run: PlannedRun) => Promise<Outcome>;

export interface NightRequest {
  readonly store: NightStore;
  readonly night: NightRecord;
  /** Of the night's shards, the one that is made here. */
  readonly shard: ShardRecord;
  /** Those of the shard that are not done, in order. */
  readonly pending: readonly PlannedRun[];
  readonly folders: KeptFolders;
  readonly perform: Perform;
  readonly jobs: number;
  /** Over all resumptions; Infinity: until all is done. */
  readonly budgetMs: number;
  readonly stop: { readonly brokenRuns?: number | undefined; readonly brokenOfPlan?: number | undefined };
  /** When it says so no further run is begun, and those in hand do not count. */
  readonly signal: AbortSignal;
  readonly onRun: (run: RunRecord, shard: ShardRecord) => void;
}

/** So many failures of the harness in a row are no accident. */
const mostFailuresInARow = 5;
/** A validator whose disk is full does wrong things that are none of its own. */
const leastFreeBytes = 8 * 1024 * 1024;

/**
 * Makes what is pending, and stores each run with all that follows from it in one step, so that whatever ends this process loses the runs in
 * hand and nothing else. Returns the shard as it stands then.
 * @throws StampedeError DISK_FULL, before anything is lost
 */
export async function makeRuns(request: NightRequest): Promise<ShardRecord> {
  const going = new Going(request);
  const queue = request.pending.values();
  const work = async (): Promise<void> => {
    for (const planned of queue) {
      if (!going.mayBegin()) return;
      if (!going.passOver(planned)) await going.make(planned);
    }
  };
  await Promise.all(Array.from({ length: request.jobs }, work));
  return going.end();
}

class Going {
  readonly #request: NightRequest;
  readonly #broken = new Map<string, number>();
  readonly #busyBefore: number;
  readonly #startedMs = monotonicMs();
  #shard: ShardRecord;
  #brokenRuns = 0;
  #passedOver = false;
  #failuresInARow = 0;
  #endedBy: ShardRecord['endedBy'] = null;
  #failure: unknown;

  constructor(request: NightRequest) {
    this.#request = request;
    this.#shard = request.shard;
    this.#busyBefore = request.shard.busyMs;
    for (const run of request.store.runs({ night: request.night.id, verdicts: ['broken'] })) this.#count(run);
  }

  mayBegin(): boolean {
    const { signal, stop, budgetMs } = this.#request;
    if (signal.aborted || this.#failure !== undefined) return false;
    if (this.#endedBy !== null) return false;
    if (this.#busyMs() >= budgetMs) this.#endedBy = 'budget';
    else if (this.#brokenRuns >= (stop.brokenRuns ?? Infinity)) this.#endedBy = 'stop';
    else if (this.#failuresInARow >= mostFailuresInARow) this.#endedBy = 'harness';
    return this.#endedBy === null;
  }

  /** True for a plan that has been broken as often as anybody wants to see. */
  passOver(planned: PlannedRun): boolean {
    const isWorn = (this.#broken.get(planKey(planned)) ?? 0) >= (this.#request.stop.brokenOfPlan ?? Infinity);
    if (isWorn) this.#passedOver = true;
    return isWorn;
  }

  async make(planned: PlannedRun): Promise<void> {
    const { perform, store, folders, night, signal } = this.#request;
    try {
      requireRoom(store.folder);
      const row = { ...this.#rowOf(planned), startedAt: wallClock().toISOString() };
      const startedMs = monotonicMs();
      const outcome = await perform(planned).catch((error: unknown) => failed(error, monotonicMs() - startedMs));
      if (isStopped(signal)) return;
      const folder = 'folder' in outcome ? await folders.take({ ...row, verdict: outcome.verdict }, outcome.folder) : null;
      // Who stopped this may have closed the store meanwhile; a folder without a row goes at the next start.
      if (isStopped(signal)) return;
      this.#store({ ...row, ...told(planned, outcome), folder }, night);
      await folders.bound();
    } catch (error) {
      this.#failure ??= error;
    }
  }

  end(): ShardRecord {
    const { store, night, signal } = this.#request;
    if (this.#failure !== undefined) throw this.#failure;
    if (signal.aborted) return this.#shard;
    this.#shard = { ...this.#shard, state: 'ended', endedBy: this.#endedBy ?? (this.#passedOver ? 'stop' : null), busyMs: this.#busyMs() };
    store.saveNight(withShard(night, this.#shard));
    return this.#shard;
  }

  #rowOf(planned: PlannedRun) {
    const { night } = this.#request;
    const { target, participants, schedule, nth, position, isNewPlan } = planned;
    const build = night.targets.find(({ name }) => name === target)?.build ?? 'unknown';
    return { id: runIdOf(night.id, planned, nth), night: night.id, position, target, build, participants, schedule, strategy: schedule.split('/')[0] ?? '', nth, isNewPlan };
  }

  #store(run: RunRecord, night: NightRecord): void {
    const shard = { ...this.#shard, done: this.#shard.done + 1, lastAt: wallClock().toISOString(), busyMs: this.#busyMs() };
    this.#request.store.addRuns([run], withShard(night, shard));
    this.#shard = shard;
    this.#failuresInARow = run.verdict === 'harness' ? this.#failuresInARow + 1 : 0;
    if (run.verdict === 'broken') this.#count(run);
    this.#request.onRun(run, shard);
  }

  #count(run: RunRecord): void {
    this.#brokenRuns += 1;
    this.#broken.set(planKey(run), (this.#broken.get(planKey(run)) ?? 0) + 1);
  }

  #busyMs(): number {
    return this.#busyBefore + monotonicMs() - this.#startedMs;
  }
}

/** Asked anew after each wait. */
function isStopped(signal: AbortSignal): boolean {
  return signal.aborted;
}

export function withShard(night: NightRecord, shard: ShardRecord): NightRecord {
  return { ...night, shards: [...night.shards.filter(({ index, count }) => index !== shard.index || count !== shard.count), shard] };
}

interface Failed {
  readonly verdict: 'harness';
  readonly sentence: string;
  readonly durationMs: number;
}

function failed(error: unknown, durationMs: number): Failed {
  if (isOfFullDisk(error)) throw hasCode(error, 'DISK_FULL') ? error : diskFull(error);
  const [sentence = ''] = describeError(error).split('\n');
  return { verdict: 'harness', sentence: sentence.slice(0, 500), durationMs };
}

function told(planned: PlannedRun, outcome: Outcome | Failed): Pick<RunRecord, 'verdict' | 'cause' | 'sentence' | 'durationMs' | 'validatorMs' | 'peakRssBytes'> {
  if (!('folder' in outcome)) return { ...outcome, cause: null, validatorMs: 0, peakRssBytes: null };
  const { verdict, verdicts, durationMs, validatorMs, peakRssBytes } = outcome;
  const [first] = verdicts.flatMap(({ checker, verdict: one }) => (one.verdict === verdict && one.verdict !== 'held' ? [`${checker}: ${'reason' in one ? one.reason : one.sentence}`] : []));
  const sentence = first?.split('\n')[0]?.slice(0, 500) ?? null;
  return { verdict, cause: causeOf(planned.schedule, verdicts) ?? null, sentence, durationMs, validatorMs, peakRssBytes: peakRssBytes ?? null };
}

function requireRoom(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < leastFreeBytes) throw diskFull(new Error(`${bavail * bsize} bytes are free where the store ${folder} is, and a run needs up to ${leastFreeBytes}`));
}

function diskFull(cause: unknown): StampedeError {
  return new StampedeError('DISK_FULL', 'no room for another run; all runs until here are stored', { cause, hint: 'make room, then go on with --resume' });
}

function isOfFullDisk(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) if (hasCode(one, 'DISK_FULL') || (one as NodeJS.ErrnoException).code === 'ENOSPC') return true;
  return false;
}
