// SPDX-License-Identifier: Apache-2.0

/** Bytes on their way from one who has them to one who takes them. */
export interface ChunkQueue {
  /** Waits until there is room for more; nobody waits any more once `end` was called. */
  push(chunk: Buffer): Promise<void>;
  /** No more will come: `bytes` ends after what is there. */
  end(): void;
  bytes(): AsyncGenerator<Buffer, void>;
}

/** As much as is under way at a time. Much more lives so long that collecting it takes a third of a download's time. */
const mostBytes = 256 * 1024;

/** Small chunks that pile up are joined, as few large writes are quicker than many; large ones are passed on as they are. */
export function createChunkQueue(): ChunkQueue {
  return new Queue();
}

class Queue implements ChunkQueue {
  #chunks: Buffer[] = [];
  #queuedBytes = 0;
  #hasEnded = false;
  #wake = (): void => undefined;
  #take = (): void => undefined;

  async push(chunk: Buffer): Promise<void> {
    if (this.#hasEnded) return;
    this.#chunks.push(chunk);
    this.#queuedBytes += chunk.length;
    this.#wake();
    if (this.#queuedBytes >= mostBytes) await new Promise<void>((resolve) => (this.#take = resolve));
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake();
    this.#take();
  }

  async *bytes(): AsyncGenerator<Buffer, void> {
    for (;;) {
      if (this.#chunks.length > 0) yield this.#taken();
      else if (this.#hasEnded) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** All there is: less than twice the most, as who has more waits. */
  #taken(): Buffer {
    const [first = Buffer.alloc(0)] = this.#chunks;
    const taken = this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks, this.#queuedBytes);
    this.#chunks = [];
    this.#queuedBytes = 0;
    this.#take();
    return taken;
  }
}
