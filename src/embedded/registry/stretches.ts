// SPDX-License-Identifier: Apache-2.0
import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';

/** What is under way of one blob at a time; twice as much at most is in memory. */
const stretchBytes = 256 * 1024;

/** Part of a file. */
export interface Stretch {
  readonly handle: FileHandle;
  readonly start: number;
  /** Bytes. */
  readonly length: number;
}

/**
 * Sends part of a file and ends the answer. Two buffers by turns, one is filled while the other is sent: none is made for each read, so that
 * memory stays what it is however long the file. What was pushed lies in the system's memory: to have another thread fetch it costs
 * more than to copy it. False when the reader went before the end.
 */
export async function sendStretch({ handle, start, length }: Stretch, to: Writable): Promise<boolean> {
  const size = Math.min(stretchBytes, length);
  let [ready, spare] = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(length > size ? size : 0)];
  const gone = new Promise<false>((resolve) => to.once('close', () => resolve(false)));
  let written: Promise<boolean> = Promise.resolve(true);
  for (let sent = 0; sent < length; ) {
    const filled = readFully(handle, ready, { at: start + sent, most: length - sent });
    const before = written;
    written = Promise.race([gone, new Promise<boolean>((resolve) => to.write(ready.subarray(0, filled), (error) => resolve(!error)))]);
    sent += filled;
    if (!(await before)) return false;
    [ready, spare] = [spare, ready];
  }
  if (!(await written)) return false;
  to.end();
  return true;
}

/** @throws RangeError for a file that is shorter than it was */
function readFully({ fd }: FileHandle, buffer: Buffer, { at, most }: { readonly at: number; readonly most: number }): number {
  const wanted = Math.min(buffer.length, most);
  for (let filled = 0; filled < wanted; ) {
    const bytesRead = readSync(fd, buffer, filled, wanted - filled, at + filled);
    if (bytesRead === 0) throw new RangeError(`a file ends at ${at + filled}, and was longer`);
    filled += bytesRead;
  }
  return wanted;
}

/** Appends a body to a file; one stretch is written while the next arrives. `look` sees each piece as it comes. Throws what the body or the disk throws. */
export async function receiveStretches(body: Readable, handle: FileHandle, look: (piece: Buffer) => void): Promise<void> {
  let pieces: Buffer[] = [];
  let waiting = 0;
  let writing = Promise.resolve();
  const flush = async (): Promise<void> => {
    await writing;
    writing = writeFully(handle, pieces);
    // Looked at when the next stretch is there, or at the end.
    writing.catch(() => undefined);
    [pieces, waiting] = [[], 0];
  };
  try {
    for await (const piece of body as AsyncIterable<Buffer>) {
      look(piece);
      pieces.push(piece);
      waiting += piece.length;
      if (waiting >= stretchBytes) await flush();
    }
    if (waiting > 0) await flush();
  } finally {
    await writing;
  }
}

async function writeFully(handle: FileHandle, pieces: readonly Buffer[]): Promise<void> {
  let left = pieces;
  while (left.length > 0) {
    const { bytesWritten } = await handle.writev(left);
    left = without(left, bytesWritten);
  }
}

function without(pieces: readonly Buffer[], bytes: number): readonly Buffer[] {
  let past = bytes;
  return pieces.flatMap((piece) => {
    const cut = Math.min(past, piece.length);
    past -= cut;
    return cut === piece.length ? [] : [piece.subarray(cut)];
  });
}
