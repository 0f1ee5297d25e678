// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { StampedeError } from './errors.ts';

export interface UntrustedFile {
  readonly path: string;
  /** What is larger is not read. */
  readonly limitBytes: number;
  /** Folders on the way must not lead out of this one. */
  readonly inside?: string;
}

/**
 * Reads a file that a program under test made, and that may be anything: follows no link, waits on no pipe, and stops at the limit.
 * @throws StampedeError FILE_UNREADABLE when it is no regular file, larger, or elsewhere; what the system answers
 */
export async function readUntrusted({ path, limitBytes, inside }: UntrustedFile): Promise<Buffer> {
  const refuse = (why: string): never => {
    throw new StampedeError('FILE_UNREADABLE', `${path} ${why}`);
  };
  if (inside !== undefined && relative(await realpath(inside), await realpath(dirname(path))).startsWith('..')) refuse('lies in a folder that leads out of the scenario\'s own');
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => (error.code === 'ELOOP' || error.code === 'ENXIO' ? refuse('is no regular file') : Promise.reject(error)));
  if (!(await file.stat()).isFile()) refuse('is no regular file');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes) refuse(`has more than ${limitBytes} bytes, the limit for output`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
