// SPDX-License-Identifier: Apache-2.0
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { monotonicMs } from '../foundation/clock.ts';
import { StampedeError } from '../foundation/errors.ts';
import type { Ending } from '../history/event.ts';
import type { Recorder } from '../history/recorder.ts';
import { noteProcess } from './leftovers.ts';
import { keepOutput, type KeptOutput } from './output.ts';
import { peakRssOf, signalGroup } from '../foundation/process-table.ts';

export interface ValidatorCommand {
  readonly participant: string;
  readonly program: string;
  readonly arguments: readonly string[];
  /** Complete: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  /** Milliseconds; then the group gets SIGTERM and, two seconds later, SIGKILL. */
  readonly deadlineMs: number;
  /** Of each of the two outputs; a validator that writes more is ended. */
  readonly outputLimitBytes: number;
  /** Gets `<participant>.stdout` and `<participant>.stderr`. */
  readonly outputFolder: string;
  /** Where the process is noted, so that it can be ended even when this one is killed. */
  readonly ledgerFile: string;
  readonly recorder: Recorder;
  /** Ends the validator. */
  readonly signal?: AbortSignal;
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
  readonly stdoutFile: string;
  readonly stderrFile: string;
}

const killGraceMs = 2000;
const sampleMs = 20;

type Subprocess = ReturnType<typeof start>;

/**
 * Runs a validator in a process group of its own, never through a shell, and waits for its end. It resolves
 * whatever the validator does.
 * @throws StampedeError VALIDATOR_MISSING, VALIDATOR_NOT_EXECUTABLE
 */
export async function runValidator(command: ValidatorCommand): Promise<ValidatorResult> {
  refuseUnusable(command.program);
  const startedAt = monotonicMs();
  const subprocess = start(command);
  const { pid } = subprocess;
  if (pid === undefined) throw notStarted(command.program, await subprocess);
  noteProcess(command.ledgerFile, pid);
  command.recorder.record({
    kind: 'validator-started',
    participant: command.participant,
    pid,
    command: [command.program, ...command.arguments],
    directory: command.directory,
  });
  const watch = new Watch(pid, command);
  const [stdout, stderr] = outputsOf(subprocess, command, watch);
  // A child that outlives the validator may hold its pipes: the validator's own end counts, then the group goes.
  const ended = await exitOf(subprocess);
  signalGroup(pid, 'SIGKILL');
  const outputs = { stdout: await stdout, stderr: await stderr };
  const seen = watch.stop();
  const result: ValidatorResult = {
    participant: command.participant,
    ending: seen.ending ?? (ended.signal === null ? 'exited' : 'signalled'),
    ...ended,
    durationMs: Math.round(monotonicMs() - startedAt),
    peakRssBytes: seen.peakRssBytes ?? null,
    stdoutFile: join(command.outputFolder, outputs.stdout.file),
    stderrFile: join(command.outputFolder, outputs.stderr.file),
  };
  recordExit(command, result, outputs);
  return result;
}

function start({ program, arguments: args, environment, directory }: ValidatorCommand) {
  return execa(program, args, {
    env: environment,
    extendEnv: false,
    cwd: directory,
    detached: true,
    cleanup: false,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
  });
}

async function exitOf(subprocess: Subprocess): Promise<{ exitCode: number | null; signal: string | null }> {
  return await new Promise((resolve) => {
    subprocess.on('exit', (exitCode: number | null, signal: NodeJS.Signals | null) => resolve({ exitCode, signal }));
  });
}

function outputsOf(subprocess: Subprocess, command: ValidatorCommand, watch: Watch): readonly [Promise<KeptOutput>, Promise<KeptOutput>] {
  const keep = async (name: 'stdout' | 'stderr'): Promise<KeptOutput> =>
    await keepOutput(subprocess[name], {
      folder: command.outputFolder,
      file: `${command.participant}.${name}`,
      limitBytes: command.outputLimitBytes,
      onLimit: () => watch.end('output-limit', 'SIGKILL'),
    });
  return [keep('stdout'), keep('stderr')];
}

function recordExit(command: ValidatorCommand, result: ValidatorResult, { stdout, stderr }: { readonly stdout: KeptOutput; readonly stderr: KeptOutput }): void {
  const { participant, ending, exitCode, signal, durationMs, peakRssBytes } = result;
  command.recorder.record({ kind: 'validator-exited', participant, ending, exitCode, signal, durationMs, peakRssBytes, stdout, stderr });
}

/** Ends a validator for one reason, the first that comes; samples its memory meanwhile. */
class Watch {
  readonly #pid: number;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #sampler: NodeJS.Timeout;
  readonly #stopListening: () => void;
  #ending: Ending | undefined;
  #peakRssBytes: number | undefined;

  constructor(pid: number, { deadlineMs, signal }: ValidatorCommand) {
    this.#pid = pid;
    this.#timers.push(setTimeout(() => this.end('deadline', 'SIGTERM'), deadlineMs));
    this.#sampler = setInterval(() => this.#sample(), sampleMs);
    this.#sample();
    const stop = (): void => this.end('stopped', 'SIGKILL');
    signal?.addEventListener('abort', stop, { once: true });
    this.#stopListening = () => signal?.removeEventListener('abort', stop);
    if (signal?.aborted === true) stop();
  }

  end(reason: Ending, signal: NodeJS.Signals): void {
    this.#ending ??= reason;
    signalGroup(this.#pid, signal);
    if (signal !== 'SIGKILL') this.#timers.push(setTimeout(() => signalGroup(this.#pid, 'SIGKILL'), killGraceMs));
  }

  stop(): { readonly ending: Ending | undefined; readonly peakRssBytes: number | undefined } {
    clearInterval(this.#sampler);
    this.#timers.forEach((timer) => clearTimeout(timer));
    this.#stopListening();
    return { ending: this.#ending, peakRssBytes: this.#peakRssBytes };
  }

  /** The system keeps the highest value itself, so a sample misses only growth in the last few milliseconds. */
  #sample(): void {
    this.#peakRssBytes = peakRssOf(this.#pid) ?? this.#peakRssBytes;
  }
}

function refuseUnusable(program: string): void {
  try {
    if (!statSync(program).isFile()) throw new Error('not a file');
    accessSync(program, constants.X_OK);
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    if (isMissing) throw new StampedeError('VALIDATOR_MISSING', `there is no validator at ${program}`, { cause, hint: 'build it, or name another with --binary' });
    throw new StampedeError('VALIDATOR_NOT_EXECUTABLE', `${program} can't be executed`, { cause, hint: `chmod +x ${program}` });
  }
}

function notStarted(program: string, result: Awaited<Subprocess>): StampedeError {
  return new StampedeError('VALIDATOR_NOT_EXECUTABLE', `${program} could not be started`, {
    cause: new Error(result.shortMessage ?? 'no reason given'),
    hint: 'is it built for this machine, and is the interpreter in its first line installed?',
  });
}
