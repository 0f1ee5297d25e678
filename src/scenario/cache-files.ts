// SPDX-License-Identifier: Apache-2.0
import { readdirSync, type Dirent } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isDigest, type Digest } from '../oci/digest.ts';

/**
 * The digest or diffID that a file of a cache is named after: `sha256:<hex>`, `sha256-<hex>` where colons can't be in names, or as in an OCI
 * layout, `sha256/<hex>` in any folder. https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#blobs
 */
export function digestNamed(path: string): Digest | undefined {
  const digest = basename(dirname(path)) === 'sha256' ? `sha256:${basename(path)}` : basename(path).replace(/^sha256-/, 'sha256:');
  return isDigest(digest) ? digest : undefined;
}

/**
 * Paths of what lies in a cache, relative to it and in order: its files, those of folders below it, and folders that hold nothing or have
 * the name of an entry. A folder that is not there, or not any more, has none; validators may still tidy up.
 */
export function pathsBelow(directory: string, below = ''): readonly string[] {
  const paths = entriesOf(join(directory, below)).flatMap((entry) => {
    const path = join(below, entry.name);
    if (!entry.isDirectory() || digestNamed(path) !== undefined) return [path];
    const inside = pathsBelow(directory, path);
    return inside.length === 0 ? [path] : inside;
  });
  return paths.sort();
}

function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
