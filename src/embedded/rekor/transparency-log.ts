// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { unixSeconds } from '../../foundation/clock.ts';
import { signCheckpoint } from '../../sigstore/checkpoint.ts';
import { generateKeyPair, logIdOf } from '../../sigstore/keys.ts';
import { signPromise, uuidOf, type LogEntry } from '../../sigstore/log-entry.ts';
import { leafHash, MerkleTree } from '../../sigstore/merkle.ts';

interface Stored {
  readonly body: Buffer;
  readonly integratedTime: number;
}

const hostName = 'rekor.local';

/**
 * The log itself, in memory: a tree, the bodies, a key of its own. Nothing in it waits, so each addition is one step that
 * no other can come between.
 */
export class TransparencyLog {
  readonly treeId = (randomBytes(8).readBigUInt64BE() >> 1n) | 1n;
  readonly #keyPair = generateKeyPair();
  readonly #logId = logIdOf(this.#keyPair.publicKeyPem);
  readonly #tree = new MerkleTree();
  readonly #stored: Stored[] = [];
  readonly #indexByLeaf = new Map<string, number>();

  get publicKeyPem(): string {
    return this.#keyPair.publicKeyPem;
  }

  get size(): number {
    return this.#tree.size;
  }

  get rootHash(): string {
    return this.#tree.root().toString('hex');
  }

  get checkpoint(): string {
    const origin = `${hostName} - ${this.treeId}`;
    return signCheckpoint({ origin, size: this.size, rootHash: this.#tree.root() }, hostName, this.#keyPair);
  }

  /** Adds the entry, or finds the one with an equal body. */
  add(body: Buffer): { readonly index: number; readonly isNew: boolean } {
    const leaf = leafHash(body);
    const present = this.#indexByLeaf.get(leaf.toString('hex'));
    if (present !== undefined) return { index: present, isNew: false };
    const index = this.#tree.append(leaf);
    this.#stored.push({ body, integratedTime: unixSeconds() });
    this.#indexByLeaf.set(leaf.toString('hex'), index);
    return { index, isNew: true };
  }

  /** `leaf` in hex. */
  indexOf(leaf: string): number | undefined {
    return this.#indexByLeaf.get(leaf);
  }

  /** The entry with its proof in the tree as it is now. */
  entryAt(index: number): LogEntry | undefined {
    const stored = this.#stored[index];
    if (stored === undefined) return undefined;
    const promise = {
      body: stored.body.toString('base64'),
      integratedTime: stored.integratedTime,
      logID: this.#logId,
      logIndex: index,
    };
    const inclusionProof = {
      checkpoint: this.checkpoint,
      hashes: this.#tree.inclusionProof(index).map((hash) => hash.toString('hex')),
      logIndex: index,
      rootHash: this.rootHash,
      treeSize: this.size,
    };
    const verification = { inclusionProof, signedEntryTimestamp: signPromise(promise, this.#keyPair) };
    return { uuid: uuidOf(this.treeId, stored.body), ...promise, verification };
  }

  /** Hex hashes; both sizes at most what the log has. */
  consistencyProof(first: number, last: number): readonly string[] {
    return this.#tree.consistencyProof(first, last).map((hash) => hash.toString('hex'));
  }
}
