// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { digestOf } from '../../oci/digest.ts';
import { entryFiles, type EntryFiles } from '../cache/entry-files.ts';
import type { PlantedBug } from './planted-bug.ts';
import { failing, openAfterStat, trusting, withoutLock } from './wrong-parts.ts';

const indexName = 'index.json';
const seen = new Set<string>();

async function readIndex(path: string): Promise<readonly string[]> {
  const text = await readFile(join(dirname(path), indexName), 'utf8').catch(() => '[]');
  return JSON.parse(text) as readonly string[];
}

/** Entries count when an index names them; `when` says at which moment a writer reads the index that it changes. */
function indexed(when: 'before-download' | 'before-write'): EntryFiles {
  const isNamed = async (path: string): Promise<boolean> => (await readIndex(path)).includes(basename(path));
  return {
    ...entryFiles,
    has: async (path) => (await isNamed(path)) && (await entryFiles.has(path)),
    create: async (path, work) => {
      const writer = await entryFiles.create(path, work);
      const before = await readIndex(path);
      return {
        ...writer,
        commit: async () => {
          await writer.commit();
          const names = when === 'before-download' ? before : await readIndex(path);
          await writeFile(join(dirname(path), indexName), JSON.stringify([...names, basename(path)]));
        },
      };
    },
  };
}

/** What an entry is, and how one knows. */
export const wrongEntries: readonly PlantedBug[] = [
  {
    name: 'index-read-before-download',
    class: 'T5',
    symptom: 'An entry that was kept is not found any more: it is fetched again, or offline it is missing.',
    cause: 'The index is read, then the layer is downloaded, then the index is written: what others added meanwhile is lost.',
    fix: 'No index: the directory is one. Where one is needed, change it under a lock that covers read and write.',
    seen: 'go-containerregistry 849; oras 149',
    parts: { ...withoutLock, files: indexed('before-download') },
  },
  {
    name: 'index-changed-without-lock',
    class: 'T5',
    symptom: 'Now and then an entry is missing from the index; no download is involved.',
    cause: 'The index is read and written back without a lock around both.',
    fix: 'As above; the window is two file calls wide, so tests by load seldom see it.',
    seen: 'containers/image 1028; singularity 4555',
    parts: { ...withoutLock, files: indexed('before-write') },
  },
  {
    name: 'size-published-first',
    class: 'T6',
    symptom: 'An empty layer is read: whatever is searched in it is not found, and a ban on it is passed.',
    cause: 'An entry is two files; the one that says "there is an entry" appears before the one with the bytes.',
    fix: 'One file, or the telling one last.',
    seen: 'pip 12361; bpfman 1696',
    parts: {
      ...trusting,
      ...withoutLock,
      files: {
        ...entryFiles,
        has: async (path) => await entryFiles.has(`${path}.size`),
        open: async (path) => (await entryFiles.open(path)) ?? Readable.from([], { objectMode: false }),
        create: async (path, work) => {
          const writer = await entryFiles.create(path, work);
          let size = 0;
          const write = async (chunk: Buffer): Promise<void> => {
            size += chunk.length;
            await writer.write(chunk);
          };
          const commit = async (): Promise<void> => {
            await writeFile(`${path}.size`, String(size));
            await writer.commit();
          };
          return { ...writer, write, commit };
        },
      },
    },
  },
  {
    name: 'stat-then-open',
    class: 'T3',
    symptom: 'A reader fails with "no such file" after another one\'s download failed or the cache was cleaned.',
    cause: 'It is asked whether the entry exists, and later the answer is taken for true.',
    fix: 'Open, and look at what was opened; what is gone is a miss.',
    seen: 'review of conforma/cli pull request 3150; bazel 8327',
    parts: { ...failing, files: { ...entryFiles, ...openAfterStat } },
  },
  {
    name: 'evicts-what-others-use',
    class: 'T8',
    symptom: 'A reader fails with "no such file" when another process makes room.',
    cause: 'Room is made by deleting every entry but one\'s own, and who has seen an entry once takes it for there.',
    fix: 'Delete only what nobody holds, and let a reader fetch again what is gone.',
    seen: 'helmfile 2387; uv 15704',
    parts: {
      ...withoutLock,
      ...failing,
      files: {
        ...entryFiles,
        ...openAfterStat,
        has: async (path) => {
          if (!seen.has(path) && (await entryFiles.has(path))) seen.add(path);
          return seen.has(path);
        },
        create: async (path, work) => {
          const names = (await readdir(dirname(path)).catch(() => [])).filter((name) => name !== basename(path) && !name.endsWith('.tmp'));
          await Promise.all(names.map(async (name) => await rm(join(dirname(path), name), { force: true })));
          return await entryFiles.create(path, work);
        },
      },
    },
  },
  {
    name: 'no-verification',
    class: 'T14',
    symptom: 'A damaged or planted entry is read as if it were the layer, in silence.',
    cause: 'What lies under a digest is taken for what has that digest.',
    fix: 'Compute the digest of what is read, before anybody else sees it.',
    seen: 'go-containerregistry 1119; grype 1975',
    parts: trusting,
  },
  {
    name: 'age-instead-of-content',
    class: 'T14',
    symptom: 'A truncated entry is kept for good, as every read makes it young again.',
    cause: 'An entry that is young and not empty is taken for whole.',
    fix: 'Neither size nor time says anything about bytes.',
    seen: 'huggingface_hub pull request 4779',
    parts: {
      ...trusting,
      files: {
        ...entryFiles,
        has: async (path) => {
          const size = await stat(path).then((found) => found.size, () => 0);
          if (size > 0) await utimes(path, new Date(), new Date());
          return size > 0;
        },
      },
    },
  },
  {
    name: 'any-error-is-a-miss',
    class: 'T14',
    symptom: 'Every run fetches everything again, and nobody is told why.',
    cause: 'Every error while an entry is read counts as "there is none".',
    fix: 'Only "not found" is a miss; everything else is reported.',
    seen: 'review of conforma/cli pull request 3150',
    parts: { unreadable: () => undefined },
  },
  {
    name: 'key-without-digest',
    class: 'T20',
    symptom: 'The layer of another image is read.',
    cause: 'Entries are named by type and size, which are not theirs alone.',
    fix: 'Name entries by the digest of their bytes.',
    seen: 'rules_oci pull request 596; bazel 3360',
    parts: {
      ...trusting,
      fetched: (source) => source,
      keyOf: async (layer, form) => digestOf(Buffer.from(`${await layer.mediaType()} ${await layer.size()} ${form}`)),
    },
  },
  {
    name: 'windows-name',
    class: 'T16',
    symptom: 'On Windows no entry can be made, or it becomes a hidden stream of a file named sha256.',
    cause: 'Entries have a colon in their names.',
    fix: 'Write sha256-<hex> there, as go-containerregistry does.',
    seen: 'go-containerregistry 1920',
    parts: { files: { ...entryFiles, nameOf: (key) => key } },
  },
];
