// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

/** The hash under which an entry stands in the tree. https://www.rfc-editor.org/rfc/rfc6962#section-2.1 */
export function leafHash(entry: Uint8Array): Buffer {
  return createHash('sha256').update(Buffer.of(0)).update(entry).digest();
}

/**
 * An append-only RFC 6962 tree in memory. It keeps the hash of every complete subtree (two hashes an entry), so that
 * roots and proofs of every size that it has had take a logarithmic number of steps.
 */
export class MerkleTree {
  /** `levels[k][i]` is the hash of entries `i * 2^k` up to, not including, `(i + 1) * 2^k`. */
  readonly #levels: Buffer[][] = [[]];

  get size(): number {
    return this.#levels[0]?.length ?? 0;
  }

  /** Returns the index of the new entry. */
  append(leaf: Buffer): number {
    const index = this.size;
    let hash = leaf;
    for (let level = 0; ; level += 1) {
      const row = (this.#levels[level] ??= []);
      row.push(hash);
      const left = row.at(-2);
      if (row.length % 2 === 1 || left === undefined) return index;
      hash = nodeHash(left, hash);
    }
  }

  /** The root when the tree had `size` entries; `size` must not be more than it has now. */
  root(size = this.size): Buffer {
    return size === 0 ? createHash('sha256').digest() : this.#subtree(0, size);
  }

  /** The audit path of RFC 6962, section 2.1.1, for the tree as it was at `size`; `index` must be less than that. */
  inclusionProof(index: number, size = this.size): readonly Buffer[] {
    const path: Buffer[] = [];
    let [start, end] = [0, size];
    while (end - start > 1) {
      const middle = start + splitOf(end - start);
      const isLeft = index < middle;
      path.unshift(isLeft ? this.#subtree(middle, end) : this.#subtree(start, middle));
      [start, end] = isLeft ? [start, middle] : [middle, end];
    }
    return path;
  }

  /** The proof of RFC 6962, section 2.1.2, that the tree at `first` entries is a prefix of the one at `second`. */
  consistencyProof(first: number, second = this.size): readonly Buffer[] {
    if (first === 0 || first === second) return [];
    const path: Buffer[] = [];
    let [start, end] = [0, second];
    while (first !== end) {
      const middle = start + splitOf(end - start);
      const isLeft = first <= middle;
      path.unshift(isLeft ? this.#subtree(middle, end) : this.#subtree(start, middle));
      [start, end] = isLeft ? [start, middle] : [middle, end];
    }
    return start === 0 ? path : [this.#subtree(start, end), ...path];
  }

  #subtree(start: number, end: number): Buffer {
    const length = end - start;
    const complete = isPowerOfTwo(length) ? this.#levels[Math.log2(length)]?.[start / length] : undefined;
    if (complete !== undefined) return complete;
    if (length <= 1) throw new RangeError(`no entry ${start} in a tree of ${this.size}`);
    const middle = start + splitOf(length);
    return nodeHash(this.#subtree(start, middle), this.#subtree(middle, end));
  }
}

/** Claims that `leaf` is entry `index` of the tree of `size` entries with this root. */
export interface InclusionClaim {
  readonly index: number;
  readonly size: number;
  readonly leaf: Buffer;
  readonly hashes: readonly Buffer[];
  readonly root: Buffer;
}

/** https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.2 */
export function isIncluded({ index, size, leaf, hashes, root }: InclusionClaim): boolean {
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  let [node, last, hash] = [index, size - 1, leaf];
  for (const sibling of hashes) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && hash.equals(root);
}

/** Claims that the tree of `first` entries is a prefix of the tree of `second` entries. */
export interface ConsistencyClaim {
  readonly first: number;
  readonly firstRoot: Buffer;
  readonly second: number;
  readonly secondRoot: Buffer;
  readonly hashes: readonly Buffer[];
}

/** An empty tree is a prefix of every tree. https://www.rfc-editor.org/rfc/rfc9162#section-2.1.4.2 */
export function isConsistent({ first, firstRoot, second, secondRoot, hashes }: ConsistencyClaim): boolean {
  if (!isCount(first) || !isCount(second) || first > second) return false;
  if (first === second) return hashes.length === 0 && firstRoot.equals(secondRoot);
  if (first === 0) return hashes.length === 0 && firstRoot.equals(createHash('sha256').digest());
  const [seed, ...path] = isPowerOfTwo(first) ? [firstRoot, ...hashes] : hashes;
  if (seed === undefined) return false;
  let [node, last, older, newer] = [first - 1, second - 1, seed, seed];
  while (node % 2 === 1) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  for (const sibling of path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      [older, newer] = [nodeHash(sibling, older), nodeHash(sibling, newer)];
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else {
      newer = nodeHash(newer, sibling);
    }
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && older.equals(firstRoot) && newer.equals(secondRoot);
}

function nodeHash(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
}

/** The largest power of two that is less than `length`, which is at least 2. */
function splitOf(length: number): number {
  return 2 ** Math.floor(Math.log2(length - 1));
}

function isPowerOfTwo(value: number): boolean {
  return 2 ** Math.round(Math.log2(value)) === value;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
