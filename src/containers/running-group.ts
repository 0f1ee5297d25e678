// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PassThrough, type Readable } from 'node:stream';
import { withDeadline } from '../foundation/deadline.ts';
import { StampedeError } from '../foundation/errors.ts';
import type { Engine } from './engine.ts';
import { projectLabel } from './session-tag.ts';

/** A container of a group, as the engine knows it. */
export interface RunningContainer {
  readonly id: string;
  readonly service: string;
  /** Host port by the container's. */
  readonly ports: ReadonlyMap<number, number>;
}

const keptLines = 200;

/** The containers of a project, stopped ones included. */
export async function containersOf({ api }: Engine, project: string): Promise<readonly RunningContainer[]> {
  const found = await api.listContainers({ all: true, filters: { label: [`${projectLabel}=${project}`] } });
  return found.map(({ Id, Labels, Ports }) => ({
    id: Id,
    service: Labels['com.docker.compose.service'] ?? Id.slice(0, 12),
    ports: new Map(Ports.filter(({ PublicPort }) => PublicPort > 0).map(({ PrivatePort, PublicPort }) => [PrivatePort, PublicPort])),
  }));
}

/** The address on loopback of one of its ports. */
export function hostPortOf(containers: readonly RunningContainer[], service: string, port: number): number {
  const found = containers.find((container) => container.service === service)?.ports.get(port);
  if (found === undefined) throw new StampedeError('SERVICE_START_FAILED', `${service} does not publish port ${port}`);
  return found;
}

/** The last lines of a group, as they come; each with its container's name where there are several. */
export class GroupLog {
  readonly #lines: string[] = [];
  readonly #sources: Readable[] = [];
  readonly #ends: Promise<unknown>[] = [];
  readonly #closing = new AbortController();

  /** Follows from the container's first line on, until it is removed. Podman answers with that line only, so nobody waits for the answer. */
  follow({ api }: Engine, containers: readonly RunningContainer[]): void {
    for (const { id, service } of containers) {
      const prefix = containers.length > 1 ? `[${service}] ` : '';
      const opening = api.getContainer(id).logs({ follow: true, stdout: true, stderr: true, abortSignal: this.#closing.signal });
      const reading = opening.then(
        async (source) => await this.#read(api, source as Readable, prefix),
        (error: unknown) => this.#closing.signal.aborted || this.#keep(`${prefix}(the engine does not give the log: ${String(error)})`),
      );
      this.#ends.push(reading);
    }
  }

  lines(): readonly string[] {
    return [...this.#lines];
  }

  /** Once the containers are gone: takes what was still on its way, then lets go. */
  async close(): Promise<void> {
    await withDeadline(Promise.all(this.#ends), 2000, () => new Error('the engine keeps the log open')).catch(() => undefined);
    for (const source of this.#sources) source.destroy();
    this.#closing.abort();
  }

  async #read(api: Engine['api'], source: Readable, prefix: string): Promise<void> {
    this.#sources.push(source);
    const output = new PassThrough();
    api.modem.demuxStream(source, output, output);
    source.on('error', () => output.end()).on('close', () => output.end()).on('end', () => output.end());
    await once(createInterface({ input: output }).on('line', (line) => this.#keep(prefix + line)), 'close');
  }

  #keep(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > keptLines) this.#lines.shift();
  }
}

/** What the containers of a project said so far, for the message about a start that failed. */
export async function lastWordsOf(engine: Engine, project: string): Promise<readonly string[]> {
  try {
    const containers = await containersOf(engine, project);
    const logs = await Promise.all(
      containers.map(async ({ id, service }) => {
        const { State } = await engine.api.getContainer(id).inspect();
        if (State.Running && State.Health?.Status !== 'unhealthy') return [];
        const bytes = await engine.api.getContainer(id).logs({ stdout: true, stderr: true, tail: 15 });
        return [`[${service}] ${State.Running ? 'unhealthy' : `ended with ${State.ExitCode}${State.OOMKilled ? ', out of memory' : ''}`}`, ...plain(bytes).map((line) => `[${service}] ${line}`)];
      }),
    );
    return logs.flat();
  } catch {
    return [];
  }
}

/** Without the eight bytes before each piece. https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach */
function plain(bytes: Buffer): readonly string[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32BE(at + 4);
    pieces.push(bytes.subarray(at + 8, at + 8 + size));
    at += 8 + size;
  }
  return Buffer.concat(pieces).toString().split('\n').filter((line) => line.trim() !== '');
}
