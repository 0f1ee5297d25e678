// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { normalize } from 'node:path';
import { deflateSync } from 'node:zlib';
import { StampedeError } from '../foundation/errors.ts';
import type { PlacedFile } from './examples.ts';

/** A commit, and everything that belongs to it in the form in which it travels. */
export interface PackedCommit {
  /** 40 hex digits. */
  readonly id: string;
  /** https://git-scm.com/docs/gitformat-pack */
  readonly pack: Buffer;
}

type Kind = 'commit' | 'tree' | 'blob';

interface GitObject {
  readonly kind: Kind;
  readonly content: Buffer;
}

interface Folder {
  readonly files: Map<string, Buffer>;
  readonly folders: Map<string, Folder>;
}

/** Author and date never change, so the same files give the same commit id everywhere. */
const author = 'acceptance <acceptance@localhost> 549 +0000';
const kinds: Readonly<Record<Kind, number>> = { commit: 1, tree: 2, blob: 3 };

/**
 * One commit of these files, without parents: bytes as they are, no attributes or settings of anybody apply.
 * Of two files at one place the later counts. https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
 * @throws StampedeError EXAMPLE_MISSING for a place outside the repository, or one that is both file and folder
 */
export function packCommit(files: readonly PlacedFile[]): PackedCommit {
  const objects = new Map<string, GitObject>();
  const root = emptyFolder();
  for (const file of files) put(root, file);
  const tree = addFolder(objects, root).toString('hex');
  const id = add(objects, 'commit', Buffer.from(`tree ${tree}\nauthor ${author}\ncommitter ${author}\n\nacceptance\n`));
  return { id: id.toString('hex'), pack: packOf([...objects.values()]) };
}

function emptyFolder(): Folder {
  return { files: new Map(), folders: new Map() };
}

function put(root: Folder, { path, content }: PlacedFile): void {
  const parts = normalize(path).split('/');
  if (parts.some((part) => ['', '.', '..', '.git'].includes(part.toLowerCase()))) {
    throw new StampedeError('EXAMPLE_MISSING', `${path} is not a place inside a repository`);
  }
  let folder = root;
  for (const part of parts.slice(0, -1)) {
    const next = folder.folders.get(part) ?? emptyFolder();
    folder.folders.set(part, next);
    if (folder.files.has(part)) throw bothAt(path);
    folder = next;
  }
  const name = parts.at(-1) ?? '';
  if (folder.folders.has(name)) throw bothAt(path);
  folder.files.set(name, content);
}

function bothAt(path: string): StampedeError {
  return new StampedeError('EXAMPLE_MISSING', `${path} is not a place inside a repository: a part of it is both a file and a folder`);
}

function addFolder(objects: Map<string, GitObject>, { files, folders }: Folder): Buffer {
  const entries = [
    ...[...files].map(([name, content]) => ({ mode: '100644', name, order: Buffer.from(name), id: add(objects, 'blob', content) })),
    // A folder stands where its name with a slash would.
    ...[...folders].map(([name, folder]) => ({ mode: '40000', name, order: Buffer.from(`${name}/`), id: addFolder(objects, folder) })),
  ].sort((left, right) => left.order.compare(right.order));
  return add(objects, 'tree', Buffer.concat(entries.flatMap(({ mode, name, id }) => [Buffer.from(`${mode} ${name}\0`), id])));
}

/** Returns the object's id, the hash of its bytes with their kind and length. */
function add(objects: Map<string, GitObject>, kind: Kind, content: Buffer): Buffer {
  const id = createHash('sha1').update(`${kind} ${content.length}\0`).update(content).digest();
  objects.set(id.toString('hex'), { kind, content });
  return id;
}

function packOf(objects: readonly GitObject[]): Buffer {
  const head = Buffer.alloc(12);
  head.write('PACK');
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(objects.length, 8);
  const body = Buffer.concat([head, ...objects.flatMap(({ kind, content }) => [entryHead(kind, content.length), deflateSync(content)])]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

/** Kind and length: four bits of it in the first byte, seven in each that follows, the lowest first. */
function entryHead(kind: Kind, length: number): Buffer {
  const bytes = [(kinds[kind] << 4) | (length & 0xf)];
  for (let rest = Math.floor(length / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push((bytes.pop() ?? 0) | 0x80, rest & 0x7f);
  }
  return Buffer.from(bytes);
}
