// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { appendFile, link, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createWriter, entryFiles, type EntryWriter } from '../cache/entry-files.ts';
import { isOrphan } from '../cache/unfinished.ts';
import type { PlantedBug } from './planted-bug.ts';
import { failing, inPlace, openAfterStat, sharedTemporary, trusting, withoutLock } from './wrong-parts.ts';

/** How bytes get to disk. */
export const wrongWriters: readonly PlantedBug[] = [
  {
    name: 'in-place-write',
    class: 'T1',
    symptom: 'A second process reads half a layer: a violation that is not there, or a pass that is not due.',
    cause: 'The entry is written under its own name, and a file that exists is taken for the entry.',
    fix: 'Write to a private file in the same directory, verify, rename.',
    seen: 'review of conforma/cli pull request 3150; zarf 5304',
    parts: { ...trusting, ...withoutLock, files: inPlace },
  },
  {
    name: 'killed-writers-file-adopted',
    class: 'T2',
    symptom: 'After a kill every later run reads the half that was written.',
    cause: 'The unfinished file of a writer that is gone is taken for a finished one.',
    fix: 'Throw unfinished files away; nothing but a rename after the last byte makes an entry.',
    seen: 'singularity 331; zarf 813',
    parts: {
      ...trusting,
      files: {
        ...entryFiles,
        has: async (path) => {
          for (const name of (await readdir(dirname(path)).catch(() => [])).filter((one) => one.startsWith(basename(path)))) {
            if (await isOrphan(join(dirname(path), name))) await rename(join(dirname(path), name), path);
          }
          return await entryFiles.has(path);
        },
      },
    },
  },
  {
    name: 'broken-download-published',
    class: 'T2',
    symptom: 'A download that broke off once makes every later run fail, or pass wrongly.',
    cause: 'Whatever was received when the stream was closed is published.',
    fix: 'Publish at the end of the stream alone, and only after its digest was compared.',
    seen: 'go-containerregistry 717; linuxkit pull request 3748',
    parts: {
      ...trusting,
      files: {
        ...entryFiles,
        create: async (path, work) => {
          const writer = await entryFiles.create(path, work);
          return { ...writer, discard: async () => await writer.commit() };
        },
      },
    },
  },
  {
    name: 'publish-refuses-existing',
    class: 'T3',
    symptom: 'One of two processes fails with "file exists", although the entry is there and right.',
    cause: 'Checks that there is no entry, then publishes in a way that fails when somebody was quicker.',
    fix: 'Replace by rename: equal names stand for equal bytes, so either may win.',
    seen: 'jib 1273; buildpacks/pack pull request 1211',
    parts: {
      ...withoutLock,
      ...failing,
      files: {
        ...entryFiles,
        create: async (path, work) => {
          const temporary = `${path}.${randomUUID()}.tmp`;
          const publish = async (): Promise<void> => {
            await link(temporary, path);
            await rm(temporary);
          };
          return await createWriter({ temporary, flags: 'w', publish, work });
        },
      },
    },
  },
  {
    name: 'shared-temporary-name',
    class: 'T4',
    symptom: 'An entry with a hole, or a rename that finds nothing.',
    cause: 'All writers of an entry use the same temporary file.',
    fix: 'A random part in the name of the temporary file.',
    seen: 'WendyOS pull request 1097; maven 8905',
    parts: { ...trusting, ...withoutLock, ...failing, files: sharedTemporary },
  },
  {
    name: 'delete-then-rename',
    class: 'T7',
    symptom: 'A reader fails with "no such file" between two system calls of a writer.',
    cause: 'The old entry is deleted before the new one is renamed into its place.',
    fix: 'Rename over it: a reader sees the old entry or the new one.',
    seen: 'grype 2023; pnpm pull request 10896',
    parts: {
      ...withoutLock,
      ...failing,
      files: {
        ...entryFiles,
        ...openAfterStat,
        create: async (path, work) => {
          const temporary = `${path}.${randomUUID()}.tmp`;
          const publish = async (): Promise<void> => {
            await rm(path, { force: true });
            await rename(temporary, path);
          };
          return await createWriter({ temporary, flags: 'w', publish, work });
        },
      },
    },
  },
  {
    name: 'write-error-ignored',
    class: 'T14',
    symptom: 'A full disk leaves a truncated entry, and the next run passes an image that it did not check.',
    cause: 'What writing and closing the file say is not looked at.',
    fix: 'Every error of write and close ends the entry; the layer goes on to its reader all the same.',
    seen: 'golongtail 237; review of conforma/cli pull request 3150',
    parts: {
      ...trusting,
      files: {
        ...entryFiles,
        create: async (path, work) => {
          const writer: EntryWriter = await entryFiles.create(path, work);
          return { ...writer, write: async (chunk) => await writer.write(chunk).catch(() => undefined) };
        },
      },
    },
  },
  {
    name: 'temporary-on-another-disk',
    class: 'T15',
    symptom: 'A reader sees an entry that is still being copied.',
    cause: 'The temporary file lies in the system\'s folder for such files, and moving it to another file system is a copy.',
    fix: 'The temporary file lies beside the entry.',
    seen: 'jib 2318; pip 13540',
    parts: {
      ...trusting,
      files: {
        ...entryFiles,
        create: async (path, work) => {
          const temporary = join(tmpdir(), `layer-${randomUUID()}.tmp`);
          const publish = async (): Promise<void> => {
            await rm(path, { force: true });
            for await (const chunk of createReadStream(temporary)) await appendFile(path, chunk as Buffer);
            await rm(temporary);
          };
          return await createWriter({ temporary, flags: 'w', publish, work });
        },
      },
    },
  },
  {
    name: 'append-after-publish',
    class: 'T17',
    symptom: 'An entry was right when it was published and grows afterwards.',
    cause: 'Two writers append to one temporary file; the slower one still holds the file that the quicker one has published.',
    fix: 'A private temporary file for each writer, opened exclusively.',
    seen: 'huggingface_hub pull request 4306',
    parts: {
      ...trusting,
      ...withoutLock,
      files: {
        ...entryFiles,
        create: async (path, work) => {
          const temporary = `${path}.part`;
          const publish = async (): Promise<void> => await rename(temporary, path).catch(() => undefined);
          return await createWriter({ temporary, flags: 'a', publish, work });
        },
      },
    },
  },
  {
    name: 'removes-others-unfinished',
    class: 'T8',
    symptom: 'A process fails with "no such file" as another one has tidied up.',
    cause: 'Who begins an entry removes all unfinished files of it, those of living writers too.',
    fix: 'Remove only what the writer of which is gone.',
    seen: 'timoni pull request 567; helm 13110',
    parts: {
      ...withoutLock,
      ...failing,
      files: {
        ...entryFiles,
        create: async (path, work) => {
          const unfinished = (await readdir(dirname(path)).catch(() => [])).filter((name) => name.startsWith(`${basename(path)}.`));
          await Promise.all(unfinished.map(async (name) => await rm(join(dirname(path), name), { force: true })));
          return await entryFiles.create(path, work);
        },
      },
    },
  },
];
