// SPDX-License-Identifier: Apache-2.0
import { createCipheriv, createHash, randomBytes } from 'node:crypto';

/** A source of numbers that depends on its seed alone: the same seed gives the same run, on every machine. */
export interface SeededRandom {
  readonly seed: string;
  /** The next `length` bytes of the stream. */
  bytes(length: number): Buffer;
  /** A whole number from 0 up to, not including, `bound` (at most 2^32). */
  below(bound: number): number;
  /** An independent stream, named so that adding one consumer does not shift another. */
  fork(name: string): SeededRandom;
}

/** AES-256 in counter mode over zeros, keyed by the seed: fast, flat in memory, and equal everywhere. */
export function seededRandom(seed: string): SeededRandom {
  const cipher = createCipheriv('aes-256-ctr', createHash('sha256').update(seed).digest(), Buffer.alloc(16));
  const bytes = (length: number): Buffer => cipher.update(Buffer.alloc(length));
  return {
    seed,
    bytes,
    below: (bound) => Math.floor((bytes(4).readUInt32BE(0) / 2 ** 32) * bound),
    fork: (name) => seededRandom(`${seed}/${encodeURIComponent(name)}`),
  };
}

/** A fresh seed for a run that was not given one; printed first and last so that the run can be repeated. */
export function freshSeed(): string {
  return randomBytes(4).toString('hex');
}
