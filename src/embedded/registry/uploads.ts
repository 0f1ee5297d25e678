// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID, type Hash } from 'node:crypto';
import { createReadStream, mkdirSync, renameSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { makingFolders } from '../../foundation/replace-file.ts';
import { algorithmOf, digestFrom, type ContentDigest, type DigestAlgorithm } from './content-digest.ts';
import { namesIn } from './files.ts';
import { receiveStretches } from './stretches.ts';

/** One upload under way. Its bytes lie in a file of its own until they are whole and verified. */
export interface Upload {
  readonly id: string;
  readonly repository: string;
  /** Bytes received so far. */
  readonly length: number;
}

interface Session extends Upload {
  length: number;
  readonly file: string;
  algorithm: DigestAlgorithm;
  hash: Hash;
  busy: boolean;
}

const bufferBytes = 1024 * 1024;

/**
 * The uploads of one registry process, known to it alone; an upload that fails, is cancelled, or is under way at
 * the end leaves nothing behind.
 */
export class Uploads {
  readonly #folder: string;
  readonly #sessions = new Map<string, Session>();
  readonly #running = new Set<Promise<void>>();

  /** `folder` must be this process's own. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** `algorithm` is what the digest at the end is thought to be of. */
  start(repository: string, algorithm: DigestAlgorithm = 'sha256'): Upload {
    const id = randomUUID();
    const session = { id, repository, length: 0, file: join(this.#folder, id), algorithm, hash: createHash(algorithm), busy: false };
    this.#sessions.set(id, session);
    return session;
  }

  /** Undefined for an id that is not, or no longer, of an upload to this repository. */
  find(id: string, repository: string): Upload | undefined {
    const session = this.#sessions.get(id);
    return session?.repository === repository ? session : undefined;
  }

  /**
   * Appends a body. False when another request is just doing so. `algorithm` is that of the digest, where it is known already.
   * A body that breaks off ends the upload and throws.
   */
  async append({ id }: Upload, body: Readable, algorithm?: DigestAlgorithm): Promise<boolean> {
    const session = this.#sessions.get(id);
    if (session === undefined || session.busy) return false;
    session.busy = true;
    if (algorithm !== undefined && session.length === 0) Object.assign(session, { algorithm, hash: createHash(algorithm) });
    const running = this.#receive(session, body);
    this.#running.add(running);
    try {
      await running;
    } catch (error) {
      this.#sessions.delete(id);
      throw error;
    } finally {
      session.busy = false;
      this.#running.delete(running);
      if (!this.#sessions.has(id)) await rm(session.file, { force: true });
    }
    return true;
  }

  async #receive(session: Session, body: Readable): Promise<void> {
    mkdirSync(this.#folder, { recursive: true });
    const handle = await open(session.file, 'a');
    try {
      await receiveStretches(body, handle, (piece) => {
        session.hash.update(piece);
        session.length += piece.length;
      });
    } finally {
      await handle.close();
    }
  }

  /** Moves the bytes to `target` when they have this digest; else drops them and gives false. Ends the upload. */
  async finish({ id }: Upload, digest: ContentDigest, target: string): Promise<boolean> {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    if (session === undefined) return false;
    const isWhole = (await digestOfUpload(session, algorithmOf(digest))) === digest;
    if (isWhole) {
      makingFolders(target, () => renameSync(session.file, target));
    } else {
      await rm(session.file, { force: true });
    }
    return isWhole;
  }

  async discard({ id }: Upload): Promise<void> {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    if (session !== undefined) await rm(session.file, { force: true });
  }

  /** Drops all uploads; to be called when their connections have been ended. */
  async close(): Promise<void> {
    this.#sessions.clear();
    await Promise.allSettled(this.#running);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Its bytes were hashed as they came; only for the other algorithm are they read again. */
async function digestOfUpload({ file, hash, algorithm, length }: Session, wanted: DigestAlgorithm): Promise<ContentDigest> {
  if (algorithm === wanted) return digestFrom(algorithm, hash);
  const other = createHash(wanted);
  if (length > 0) await pipeline(createReadStream(file, { highWaterMark: bufferBytes }), other);
  return digestFrom(wanted, other);
}

/** A new folder below `folder` for this process; those that processes left behind when they were killed are removed. */
export async function claimUploadFolder(folder: string): Promise<string> {
  for (const name of namesIn(folder) ?? []) {
    if (!isAlive(Number.parseInt(name, 10))) await rm(join(folder, name), { recursive: true, force: true });
  }
  return join(folder, `${process.pid}-${randomUUID()}`);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
