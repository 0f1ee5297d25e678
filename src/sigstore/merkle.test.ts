// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isConsistent, isIncluded, leafHash, MerkleTree } from './merkle.ts';

const largest = 70;
const leaves = Array.from({ length: largest }, (_, index) => leafHash(Buffer.from(`entry ${index}`)));
const tree = new MerkleTree();
for (const leaf of leaves) tree.append(leaf);

/** The definition in RFC 6962, section 2.1, word for word and slow. */
function rootByDefinition(hashes: readonly Buffer[]): Buffer {
  const sha256 = (...parts: readonly Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
  if (hashes.length === 0) return sha256();
  const [only] = hashes;
  if (hashes.length === 1 && only !== undefined) return only;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return sha256(Buffer.of(1), rootByDefinition(hashes.slice(0, split)), rootByDefinition(hashes.slice(split)));
}

const sizes = fc.integer({ min: 1, max: largest });
const within = sizes.chain((size) => fc.record({ size: fc.constant(size), index: fc.nat(size - 1) }));
const pairs = fc.tuple(sizes, sizes).map(([one, other]) => ({ first: Math.min(one, other), second: Math.max(one, other) }));

function flipped(hash: Buffer, bit: number): Buffer {
  const copy = Buffer.from(hash);
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return copy;
}

describe('MerkleTree', () => {
  it('has the roots that RFC 6962 defines, at every size', () => {
    for (let size = 0; size <= largest; size += 1) {
      expect(tree.root(size)).toEqual(rootByDefinition(leaves.slice(0, size)));
    }
    expect(() => tree.root(largest + 1)).toThrow(RangeError);
  });

  it('knows the root and the leaf that others compute', () => {
    expect(new MerkleTree().root().toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(leafHash(Buffer.alloc(0)).toString('hex')).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
  });
});

describe('inclusion proofs', () => {
  const claim = (index: number, size: number) => ({
    index,
    size,
    leaf: leaves[index] ?? Buffer.alloc(0),
    hashes: tree.inclusionProof(index, size),
    root: tree.root(size),
  });

  it('verify for every entry of every size', () => {
    for (let size = 1; size <= largest; size += 1) {
      for (let index = 0; index < size; index += 1) expect(isIncluded(claim(index, size)), `${index} of ${size}`).toBe(true);
    }
  });

  it('do not verify for another entry, place, size or root, nor with a bit flipped, a hash lost or one too many', () => {
    fc.assert(
      fc.property(within, fc.nat(largest + 5), fc.nat(255), ({ index, size }, other, bit) => {
        const good = claim(index, size);
        const at = other % Math.max(1, good.hashes.length);
        if (other !== index) {
          expect(isIncluded({ ...good, index: other })).toBe(false);
          expect(isIncluded({ ...good, leaf: leaves[other] ?? Buffer.alloc(32) })).toBe(false);
        }
        expect(isIncluded({ ...good, leaf: flipped(good.leaf, bit) })).toBe(false);
        expect(isIncluded({ ...good, root: flipped(good.root, bit) })).toBe(false);
        expect(isIncluded({ ...good, hashes: [...good.hashes, good.root] })).toBe(false);
        if (good.hashes.length === 0) return;
        expect(isIncluded({ ...good, hashes: good.hashes.slice(1) })).toBe(false);
        expect(isIncluded({ ...good, hashes: good.hashes.map((hash, i) => (i === at ? flipped(hash, bit) : hash)) })).toBe(false);
      }),
    );
  });

  it('do not verify where the root is of a smaller tree than is claimed', () => {
    expect(isIncluded({ ...claim(0, 1), size: 2 })).toBe(false);
    expect(isIncluded({ ...claim(2, 4), size: 8 })).toBe(false);
  });

  it.each([[-1], [0.5], [Number.NaN], [2 ** 53]])('do not verify at the place %d', (index) => {
    expect(isIncluded({ ...claim(0, 1), index })).toBe(false);
    expect(isIncluded({ ...claim(0, 1), size: index })).toBe(false);
  });
});

describe('consistency proofs', () => {
  const claim = (first: number, second: number) => ({
    first,
    firstRoot: tree.root(first),
    second,
    secondRoot: tree.root(second),
    hashes: tree.consistencyProof(first, second),
  });

  it('verify for every pair of sizes', () => {
    for (let second = 0; second <= largest; second += 1) {
      for (let first = 0; first <= second; first += 1) {
        expect(isConsistent(claim(first, second)), `${first} to ${second}`).toBe(true);
      }
    }
  });

  it('do not verify for another history, nor with a bit flipped, a hash lost or one too many', () => {
    fc.assert(
      fc.property(pairs, fc.nat(largest), fc.nat(255), ({ first, second }, other, bit) => {
        const good = claim(first, second);
        expect(isConsistent({ ...good, firstRoot: flipped(good.firstRoot, bit) })).toBe(false);
        expect(isConsistent({ ...good, secondRoot: flipped(good.secondRoot, bit) })).toBe(false);
        expect(isConsistent({ ...good, hashes: [...good.hashes, good.secondRoot] })).toBe(false);
        if (first < second) expect(isConsistent({ ...good, first: second, second: first })).toBe(false);
        if (good.hashes.length === 0) return;
        const at = other % good.hashes.length;
        expect(isConsistent({ ...good, hashes: good.hashes.slice(1) })).toBe(false);
        expect(isConsistent({ ...good, hashes: good.hashes.map((hash, i) => (i === at ? flipped(hash, bit) : hash)) })).toBe(false);
      }),
    );
  });

  it('do not verify where the second root is of a smaller tree than is claimed', () => {
    expect(isConsistent({ ...claim(2, 4), second: 8 })).toBe(false);
    expect(isConsistent({ ...claim(3, 7), second: 9 })).toBe(false);
  });

  it('do not verify for a tree in which an old entry was changed', () => {
    fc.assert(
      fc.property(pairs.filter(({ first, second }) => first < second), fc.nat(largest), ({ first, second }, change) => {
        const forged = new MerkleTree();
        leaves.forEach((leaf, index) => forged.append(index === change % first ? flipped(leaf, 0) : leaf));
        const hashes = forged.consistencyProof(first, second);
        expect(isConsistent({ ...claim(first, second), secondRoot: forged.root(second), hashes })).toBe(false);
      }),
    );
  });
});
