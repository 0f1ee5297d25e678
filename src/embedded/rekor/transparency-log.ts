// SPDX-License-Identifier: Apache-2.0
import { unixSeconds } from '../../foundation/clock.ts';
import { signCheckpoint } from '../../sigstore/checkpoint.ts';
import { logIdOf } from '../../sigstore/keys.ts';
import { signPromise, uuidOf, type LogEntry } from '../../sigstore/log-entry.ts';
import { leafHash, MerkleTree } from '../../sigstore/merkle.ts';
import type { KeptEntry, LogStore } from './log-store.ts';

const hostName = 'rekor.local';

/**
 * The log itself, in memory: a tree, the bodies, and what its store knows of it. Nothing in it waits, so each addition is one step that
 * no other can come between.
 */
export class TransparencyLog {
  readonly treeId: bigint;
  readonly #store: LogStore;
  readonly #logId: string;
  readonly #tree = new MerkleTree();
  readonly #stored: KeptEntry[] = [];
  readonly #indexByLeaf = new Map<string, number>();

  constructor(store: LogStore) {
    this.#store = store;
    this.treeId = store.treeId;
    this.#logId = logIdOf(store.keyPair.publicKeyPem);
    for (const entry of store.kept) this.#grow(entry);
  }

  get publicKeyPem(): string {
    return this.#store.keyPair.publicKeyPem;
  }

  get size(): number {
    return this.#tree.size;
  }

  get rootHash(): string {
    return this.#tree.root().toString('hex');
  }

  get checkpoint(): string {
    const origin = `${hostName} - ${this.treeId}`;
    return signCheckpoint({ origin, size: this.size, rootHash: this.#tree.root() }, hostName, this.#store.keyPair);
  }

  /** Adds the entry, or finds the one with an equal body. */
  add(body: Buffer, searchKeys: readonly string[] = []): { readonly index: number; readonly isNew: boolean } {
    const present = this.#indexByLeaf.get(leafHash(body).toString('hex'));
    if (present !== undefined) return { index: present, isNew: false };
    const entry = { body, integratedTime: unixSeconds(), searchKeys };
    // First where it lasts: what could not be kept is not in the tree.
    this.#store.append(entry);
    return { index: this.#grow(entry), isNew: true };
  }

  #grow(entry: KeptEntry): number {
    const leaf = leafHash(entry.body);
    const index = this.#tree.append(leaf);
    this.#stored.push(entry);
    this.#indexByLeaf.set(leaf.toString('hex'), index);
    return index;
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
    const verification = { inclusionProof, signedEntryTimestamp: signPromise(promise, this.#store.keyPair) };
    return { uuid: uuidOf(this.treeId, stored.body), ...promise, verification };
  }

  /** Hex hashes; both sizes at most what the log has. */
  consistencyProof(first: number, last: number): readonly string[] {
    return this.#tree.consistencyProof(first, last).map((hash) => hash.toString('hex'));
  }
}
