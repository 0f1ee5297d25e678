// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { StampedeError } from '../foundation/errors.ts';

/** A file as a scenario puts it somewhere: a git repository, a layer. */
export interface PlacedFile {
  /** Relative, with `/`. */
  readonly path: string;
  readonly content: Buffer;
}

/** A row of a feature's table: where the file goes, and which example it is made from. */
export interface Placement {
  readonly target: string;
  readonly source: string;
}

/** Forms of a policy that lie beside its source once it was compiled. */
const compiledForms = ['.wasm', '.annotations.json'];

/**
 * Reads the examples that a table names. Feature files write `examples/policy.rego` for a file in the examples
 * folder, whatever the folder's own name is. Compiled forms of a policy come along under the target's name.
 * @throws StampedeError EXAMPLE_MISSING
 */
export async function readExamples(folder: string, rows: readonly Placement[]): Promise<PlacedFile[]> {
  const files = await Promise.all(rows.map(async (row) => [await example(folder, row), ...(await compiled(folder, row))]));
  return files.flat();
}

/**
 * The files that a table names, and nothing that lies beside them.
 * @throws StampedeError EXAMPLE_MISSING
 */
export async function readSources(folder: string, rows: readonly Placement[]): Promise<PlacedFile[]> {
  return await Promise.all(rows.map(async (row) => await example(folder, row)));
}

async function example(folder: string, { target, source }: Placement): Promise<PlacedFile> {
  const content = await readFirst(candidates(folder, source));
  if (content !== undefined) return { path: target, content };
  throw new StampedeError('EXAMPLE_MISSING', `there is no example ${source} for ${target}`, {
    hint: `put it into ${folder}, or name another folder with --examples`,
  });
}

async function compiled(folder: string, { target, source }: Placement): Promise<PlacedFile[]> {
  if (extname(source) !== '.rego') return [];
  const beside = compiledForms.map(async (form) => {
    const content = await readFirst(candidates(folder, source.replace(/\.rego$/, form)));
    return content === undefined ? [] : [{ path: target.replace(/\.rego$/, '') + form, content }];
  });
  return (await Promise.all(beside)).flat();
}

/** A source that leads out of the folder is none. */
function candidates(folder: string, source: string): string[] {
  const inside = source.startsWith('examples/') ? source.slice('examples/'.length) : source;
  return [inside, source].map((path) => join(folder, path)).filter((path) => path.startsWith(join(folder, sep)));
}

async function readFirst(paths: readonly string[]): Promise<Buffer | undefined> {
  for (const path of paths) {
    try {
      return await readFile(path);
    } catch (error) {
      if (!['ENOENT', 'EISDIR', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return undefined;
}
