// SPDX-License-Identifier: Apache-2.0
import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StampedeError } from '../foundation/errors.ts';
import { signalGroup } from '../foundation/process-table.ts';
import { root } from '../foundation/root.ts';

export interface SpawnRequest {
  readonly program: string;
  readonly arguments: readonly string[];
  /** Complete: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
}

export interface Exit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that leads a group of its own and has nothing to read. */
export interface Spawned {
  readonly pid: number;
  readonly stdout: Socket;
  readonly stderr: Socket;
  /** Rejects with WORKER_CRASHED where nobody can tell any more; its group has been killed then. */
  readonly exited: Promise<Exit>;
}

/** Said by `bin/spawner.mjs`. */
type Said = { readonly id: number } & ({ readonly kind: 'started'; readonly pid: number } | ({ readonly kind: 'exited' } & Exit) | { readonly kind: 'refused'; readonly message: string });

/** What was asked for, and whom to tell of it. */
interface Order {
  pid?: number;
  readonly started: Told<number>;
  readonly exited: Told<Exit>;
}

/** Two of a process, each with the key that it says first. */
interface Outputs {
  readonly keys: readonly string[];
  readonly connected: Promise<readonly Socket[]>;
}

interface Told<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

const keyBytes = 32;

/**
 * Starts processes by a small process of its own, which this one has for as long as it lives: see there. Their outputs come over a
 * local socket, each of which says first whose it is. What it has started goes with this process, whatever ends that.
 */
class Spawner {
  readonly #helper: ChildProcess;
  readonly #server: Server;
  readonly #address: string;
  readonly #orders = new Map<number, Order>();
  readonly #outputs = new Map<string, (socket: Socket) => void>();
  #next: Outputs | undefined;
  #asked = 0;
  /** Whoever waits for a process to start, its outputs included. */
  #starting = 0;
  #isLost = false;

  private constructor(address: string) {
    this.#address = address;
    this.#server = createServer((socket) => this.#accept(socket)).listen(address).unref();
    // In a session of its own, where no Ctrl-C reaches it.
    this.#helper = fork(join(root, 'bin', 'spawner.mjs'), { cwd: '/', env: {}, execArgv: [], detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    this.#helper.on('message', (said: Said) => this.#hear(said));
    this.#helper.on('exit', () => this.#lose());
    this.#helper.on('error', () => this.#lose());
    this.#holdOn();
  }

  static async open(): Promise<Spawner> {
    const name = `stampede-${randomBytes(16).toString('hex')}`;
    // Of Linux, a name without a file: a path of a socket may not be long.
    const address = process.platform === 'linux' ? `\0${name}` : join(tmpdir(), name);
    const spawner = new Spawner(address);
    await once(spawner.#server, 'listening');
    return spawner;
  }

  /** What the process sends to others here is read later: its outputs were connected before it was started. */
  async spawn(request: SpawnRequest): Promise<Spawned> {
    const id = (this.#asked += 1);
    const order: Order = { started: toBeTold(), exited: toBeTold() };
    this.#orders.set(id, order);
    this.#starting += 1;
    this.#holdOn();
    // Somebody waits for it only once the process has started.
    order.exited.promise.catch(() => undefined);
    const { keys, connected } = this.#next ?? this.#openOutputs();
    this.#send({ kind: 'start', id, outputs: keys, ...request });
    // While this one runs: whoever comes next need not wait for them.
    this.#next = this.#openOutputs();
    try {
      const pid = await order.started.promise;
      const [stdout, stderr] = (await connected) as [Socket, Socket];
      return { pid, stdout: stdout.ref(), stderr: stderr.ref(), exited: order.exited.promise };
    } finally {
      for (const key of keys) this.#outputs.delete(key);
      this.#starting -= 1;
      this.#holdOn();
    }
  }

  #openOutputs(): Outputs {
    const keys = [newKey(), newKey()];
    const connected = Promise.all(keys.map((key) => new Promise<Socket>((resolve) => this.#outputs.set(key, resolve))));
    this.#send({ kind: 'open', address: this.#address, outputs: keys });
    return { keys, connected };
  }

  #send(message: object): void {
    this.#helper.send(message, (error) => {
      if (error !== null) this.#lose();
    });
  }

  #accept(socket: Socket): void {
    const look = (): void => {
      const key = socket.read(keyBytes) as Buffer | null;
      if (key === null) return;
      socket.off('readable', look);
      const take = this.#outputs.get(key.toString('latin1'));
      if (take === undefined) socket.destroy();
      else take(socket);
    };
    // Nobody waits for it yet.
    socket.unref().on('error', () => undefined).on('readable', look);
  }

  #hear(said: Said): void {
    const order = this.#orders.get(said.id);
    if (order === undefined) return;
    if (said.kind === 'started') {
      order.pid = said.pid;
      order.started.resolve(said.pid);
      return;
    }
    this.#orders.delete(said.id);
    this.#holdOn();
    if (said.kind === 'exited') order.exited.resolve({ exitCode: said.exitCode, signal: said.signal });
    else order.started.reject(new Error(said.message));
  }

  /** It is gone, and with it the word on what it has started. */
  #lose(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    current = undefined;
    this.#server.close();
    const orders = [...this.#orders.values()];
    this.#orders.clear();
    for (const { pid, started, exited } of orders) {
      if (pid !== undefined) signalGroup(pid, 'SIGKILL');
      const error = new StampedeError('WORKER_CRASHED', 'the process that starts validators is gone', { hint: 'was it killed, or memory short? Start again' });
      started.reject(error);
      exited.reject(error);
    }
  }

  /** This process lives as long as somebody waits for word of it. */
  #holdOn(): void {
    if (this.#orders.size + this.#starting > 0) {
      this.#helper.ref();
      this.#helper.channel?.ref();
    } else {
      this.#helper.unref();
      this.#helper.channel?.unref();
    }
  }
}

let current: Promise<Spawner> | undefined;

/**
 * Starts a process, never through a shell.
 * @throws Error with the system's word where it can't be started; StampedeError WORKER_CRASHED
 */
export async function spawnProcess(request: SpawnRequest): Promise<Spawned> {
  current ??= Spawner.open();
  return await (await current).spawn(request);
}

function toBeTold<T>(): Told<T> {
  let [resolve, reject]: [Told<T>['resolve'], Told<T>['reject']] = [() => undefined, () => undefined];
  const promise = new Promise<T>((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}

function newKey(): string {
  return randomBytes(keyBytes / 2).toString('hex');
}
