// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { isConsistent, isIncluded, leafHash, MerkleTree } from './merkle.ts';

/**
 * The eight entries, roots and inner nodes that implementations of RFC 6962 have checked themselves with since the first one.
 * https://github.com/google/certificate-transparency/blob/master/cpp/merkletree/merkle_tree_test.cc
 */
const entries = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map((hex) => Buffer.from(hex, 'hex'));
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
].map((hex) => Buffer.from(hex, 'hex'));
/** By level and place. */
const nodes = {
  '0,0': '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  '0,1': '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
  '0,3': '07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7',
  '0,4': 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
  '0,6': 'b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f',
  '0,7': '46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1',
  '1,0': 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  '1,1': '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
  '1,2': '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
  '1,3': 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
  '2,0': 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '2,1': '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
} as const;
type Node = keyof typeof nodes;

const tree = new MerkleTree();
for (const entry of entries) tree.append(leafHash(entry));
const hex = (hashes: readonly Buffer[]): readonly string[] => hashes.map((hash) => hash.toString('hex'));
const named = (path: readonly Node[]): readonly string[] => path.map((node) => nodes[node]);

it('has the published roots', () => {
  expect(roots.map((_, size) => tree.root(size).toString('hex'))).toEqual(hex(roots));
});

describe('audit paths', () => {
  // Worked out by hand from the definition in RFC 6962, section 2.1.1: the siblings on the way up.
  it.each([
    [0, 1, []],
    [0, 8, ['0,1', '1,1', '2,1']],
    [5, 8, ['0,4', '1,3', '2,0']],
    [2, 3, ['1,0']],
    [6, 7, ['1,2', '2,0']],
    [7, 8, ['0,6', '1,2', '2,0']],
  ] as const)('of entry %i of %i', (index, size, path) => {
    const hashes = tree.inclusionProof(index, size);
    expect(hex(hashes)).toEqual(named(path));
    expect(isIncluded({ index, size, leaf: leafHash(entries[index]!), hashes, root: roots[size]! })).toBe(true);
    expect(isIncluded({ index, size, leaf: leafHash(entries[(index + 1) % 8]!), hashes, root: roots[size]! })).toBe(false);
  });
});

describe('consistency proofs', () => {
  // As above, section 2.1.2; PROOF(3, D[7]) and PROOF(4, D[7]) of section 2.1.3 among them.
  it.each([
    [1, 1, []],
    [1, 8, ['0,1', '1,1', '2,1']],
    [6, 8, ['1,2', '1,3', '2,0']],
    [2, 4, ['1,1']],
    [4, 8, ['2,1']],
    [7, 8, ['0,6', '0,7', '1,2', '2,0']],
  ] as const)('from %i to %i', (first, second, path) => {
    const hashes = tree.consistencyProof(first, second);
    expect(hex(hashes)).toEqual(named(path));
    expect(isConsistent({ first, firstRoot: roots[first]!, second, secondRoot: roots[second]!, hashes })).toBe(true);
    expect(isConsistent({ first, firstRoot: roots[first - 1]!, second, secondRoot: roots[second]!, hashes })).toBe(false);
  });
});
