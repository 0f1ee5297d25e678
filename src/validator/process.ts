// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { monotonicMs } from '../foundation/clock.ts';
import { StampedeError } from '../foundation/errors.ts';
import type { Ending, EventOf } from '../history/event.ts';
import type { Hider } from '../foundation/secrets.ts';
import { noteProcess } from './leftovers.ts';
import { drain } from './drain.ts';
import { keepOutput, type KeptOutput } from './output.ts';
import { requireProgram } from './program.ts';
import { spawnProcess, type Exit, type Spawned } from './spawner.ts';
import { Watch, type WatchSettings } from './watch.ts';
import { groupSizeOf, signalGroup } from '../foundation/process-table.ts';

export interface ValidatorCommand extends WatchSettings {
  readonly program: string;
  readonly arguments: readonly string[];
  /** What starts the program in its place, and is not told of: a tracer. */
  readonly starter?: readonly string[];
  /** Complete: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  /** Of each of the two outputs; a validator that writes more is ended. */
  readonly outputLimitBytes: number;
  /** What must not be in its outputs; absent: nothing. */
  readonly hider?: Hider;
  /** Where the process is noted, so that it can be ended even when this one is killed. */
  readonly ledgerFile: string;
  /** Told once the process runs. */
  readonly onStart?: (pid: number) => void;
}

/** What one validator did; it is for checkers to say whether that was right. */
export interface ValidatorResult {
  readonly participant: string;
  readonly ending: Ending;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationMs: number;
  /** Bytes; null where the system does not tell. */
  readonly peakRssBytes: number | null;
  /** Samples: more may have been there between two of them. Undefined where the system does not tell. */
  readonly peakOpenFiles: number | undefined;
  readonly peakThreads: number | undefined;
  readonly stdoutFile: string;
  readonly stderrFile: string;
}

/**
 * Runs a validator in a process group of its own, never through a shell, and waits for its end. It resolves
 * whatever the validator does.
 * @throws StampedeError VALIDATOR_MISSING, VALIDATOR_NOT_EXECUTABLE; FOLDER_NOT_WRITABLE where outputs can't be kept
 */
export async function runValidator(command: ValidatorCommand): Promise<ValidatorResult> {
  requireProgram(command.program);
  const startedAt = monotonicMs();
  const spawned = await start(command);
  const { pid } = spawned;
  noteStart(command, pid);
  command.onStart?.(pid);
  const watch = new Watch(pid, command);
  const kept = Promise.all(outputsOf(spawned, command, watch));
  // What can't be kept can't be judged, and nobody would read the pipes.
  kept.catch(() => watch.end('stopped', 'SIGKILL'));
  const { ended, seen } = await exitOf(spawned, watch);
  // A child that outlives the validator may hold its pipes: the validator's own end counts, then the group goes.
  const leftBehind = watch.ending === undefined ? groupSizeOf(pid) : 0;
  signalGroup(pid, 'SIGKILL');
  const outputHeldOpen = await drain([spawned.stdout, spawned.stderr], kept);
  const [stdout, stderr] = await kept;
  const result: ValidatorResult = {
    participant: command.participant,
    ending: watch.ending ?? (ended.signal === null ? 'exited' : 'signalled'),
    ...ended,
    durationMs: Math.round(seen.at - startedAt),
    peakRssBytes: seen.peaks.rssBytes ?? null,
    peakOpenFiles: seen.peaks.openFiles,
    peakThreads: seen.peaks.threads,
    stdoutFile: join(command.outputFolder, stdout.file),
    stderrFile: join(command.outputFolder, stderr.file),
  };
  recordExit(command, result, { stdout, stderr, ...(leftBehind > 0 ? { leftBehind } : {}), ...(outputHeldOpen ? { outputHeldOpen } : {}) });
  return result;
}

/** A process that could not be noted is not left running. */
function noteStart({ participant, program, arguments: args, directory, ledgerFile, recorder }: ValidatorCommand, pid: number): void {
  try {
    noteProcess(ledgerFile, pid);
    recorder.record({ kind: 'validator-started', participant, pid, command: [program, ...args], directory });
  } catch (error) {
    signalGroup(pid, 'SIGKILL');
    throw error;
  }
}

async function start({ starter = [], program, arguments: args, environment, directory }: ValidatorCommand): Promise<Spawned> {
  const [first = program, ...rest] = [...starter, program, ...args];
  try {
    return await spawnProcess({ program: first, arguments: rest, environment, directory });
  } catch (cause) {
    if (cause instanceof StampedeError) throw cause;
    throw new StampedeError('VALIDATOR_NOT_EXECUTABLE', `${program} could not be started`, { cause, hint: 'is it built for this machine, and is the interpreter in its first line installed?' });
  }
}

async function exitOf({ exited }: Spawned, watch: Watch): Promise<{ readonly ended: Exit; readonly seen: ReturnType<Watch['exited']> }> {
  try {
    const ended = await exited;
    return { ended, seen: watch.exited() };
  } catch (error) {
    watch.exited();
    throw error;
  }
}

function outputsOf(spawned: Spawned, command: ValidatorCommand, watch: Watch): readonly [Promise<KeptOutput>, Promise<KeptOutput>] {
  const keep = async (name: 'stdout' | 'stderr'): Promise<KeptOutput> =>
    await keepOutput(spawned[name], {
      folder: command.outputFolder,
      file: `${command.participant}.${name}`,
      limitBytes: command.outputLimitBytes,
      ...(command.hider === undefined ? {} : { hider: command.hider }),
      onLimit: () => watch.end('output-limit', 'SIGKILL'),
    });
  return [keep('stdout'), keep('stderr')];
}

type ExitDetails = Pick<EventOf<'validator-exited'>, 'stdout' | 'stderr' | 'leftBehind' | 'outputHeldOpen'>;

function recordExit(command: ValidatorCommand, result: ValidatorResult, details: ExitDetails): void {
  const { participant, ending, exitCode, signal, durationMs, peakRssBytes, peakOpenFiles, peakThreads } = result;
  const samples = { ...(peakOpenFiles === undefined ? {} : { peakOpenFiles }), ...(peakThreads === undefined ? {} : { peakThreads }) };
  command.recorder.record({ kind: 'validator-exited', participant, ending, exitCode, signal, durationMs, peakRssBytes, ...samples, ...details });
}
