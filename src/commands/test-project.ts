// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = fileURLToPath(new URL('../../', import.meta.url));
const program = join(projectRoot, 'bin', 'stampede.mjs');

/** How a command ended. */
export interface Ended {
  readonly status: number | null;
  readonly output: string;
  /** The last line that was printed. */
  readonly lastLine: string;
}

export interface RunningCommand {
  readonly child: ChildProcess;
  /** Resolves once the output so far matches. */
  seen(pattern: RegExp): Promise<void>;
  /** What was printed so far. */
  shown(): string;
  readonly ended: Promise<Ended>;
  /** Whether it has ended, and everybody who could write to its output too. */
  isOver(): boolean;
}

/** A folder with features of its own, a validator that is a script, and a TMPDIR that nobody else uses. */
export class TestProject {
  readonly folder: string;
  readonly temporary: string;
  readonly #running: RunningCommand[] = [];

  private constructor(folder: string) {
    this.folder = folder;
    this.temporary = join(folder, 'tmp');
  }

  static async open(): Promise<TestProject> {
    const project = new TestProject(await mkdtemp(join(tmpdir(), 'stampede-test-')));
    for (const name of ['features', 'examples', 'snapshots', 'tmp']) await mkdir(join(project.folder, name));
    await project.write(
      'subject.ts',
      `export const subject = { name: 'script', description: 'a script', program: { kind: 'given' }, cacheDirectory: '\${HOME}/cache' };\n`,
    );
    return project;
  }

  async write(path: string, text: string): Promise<string> {
    const target = join(this.folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text);
    return target;
  }

  async script(text: string): Promise<string> {
    await this.write('validator', text);
    return await this.makeExecutable('validator');
  }

  async makeExecutable(path: string): Promise<string> {
    const target = join(this.folder, path);
    await chmod(target, 0o755);
    return target;
  }

  async feature(text: string): Promise<string> {
    return await this.write('features/one.feature', text);
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  exists(path: string): boolean {
    return existsSync(join(this.folder, path));
  }

  /** What runs that ended should not have left: sessions in TMPDIR. */
  leftSessions(): readonly string[] {
    return readdirSync(this.temporary)
      .filter((name) => name.startsWith('stampede-'))
      .flatMap((name) => readdirSync(join(this.temporary, name)));
  }

  /** The usual flags: everything in this folder, the script as validator. */
  flags(): readonly string[] {
    const inside = (name: string): string => join(this.folder, name);
    return [
      ...['--features', inside('features'), '--examples', inside('examples'), '--snapshots', inside('snapshots')],
      ...['--runs', inside('runs'), '--subject', inside('subject.ts'), '--binary', inside('validator')],
    ];
  }

  /** `cwd`: where the command is called. */
  start(args: readonly string[], environment: Readonly<Record<string, string>> = {}, cwd = projectRoot): RunningCommand {
    const inherited = { ...process.env, CI: '', TMPDIR: this.temporary };
    const child = spawn(process.execPath, [program, ...args], { cwd, env: { ...inherited, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    const running = watch(child);
    this.#running.push(running);
    return running;
  }

  async acceptance(args: readonly string[] = [], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return await this.start(['acceptance', ...this.flags(), ...args], environment).ended;
  }

  /** Whether a command that was started here had that number. */
  hasStarted(pid: number): boolean {
    return this.#running.some(({ child }) => child.pid === pid);
  }

  /** Ends commands that a failed test left running, and tells what they had said and what they have below them: why one hangs is seen nowhere else. */
  async close(): Promise<void> {
    for (const { child, isOver, shown } of this.#running) {
      if (isOver()) continue;
      const tree = spawnSync('ps', ['-e', '-o', 'pid,ppid,stat,wchan:20,etimes,args'], { encoding: 'utf8' }).stdout;
      process.stderr.write(`still there at the end of its tests: ${child.spawnargs.join(' ')}\n${shown()}\n${child.exitCode === null ? 'it runs' : `it has ended with ${child.exitCode}, its output is open`}\n${tree}\n`);
      child.kill('SIGKILL');
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** What is told at length of the scenario of that name, in one feature of several; empty where it is not told of. */
export function toldOf(scenario: string, { output }: Ended): string {
  return output.split(/^(?=\d+\) )/m).find((block) => (block.split('\n')[0] ?? '').includes(` > ${scenario}  `)) ?? '';
}

function watch(child: ChildProcess): RunningCommand {
  let output = '';
  let isOver = false;
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = once(child, 'close').then(([status]) => {
    isOver = true;
    const lastLine = output.trimEnd().split('\n').at(-1) ?? '';
    return { status: status as number | null, output, lastLine };
  });
  const seen = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(output)) {
      if (child.exitCode !== null) throw new Error(`ended without ${String(pattern)}:\n${output}`);
      await Promise.race([once(child.stdout!, 'data'), ended]);
    }
  };
  return { child, seen, shown: () => output, ended, isOver: () => isOver };
}

/** A feature with one scenario that runs the validator and wants status 0. */
export const plainFeature = `Feature: one

  Scenario: runs
    When ec command is run with "hello"
    Then the exit status should be 0
`;
