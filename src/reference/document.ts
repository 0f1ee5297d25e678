// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { StampedeError } from '../foundation/errors.ts';

/**
 * Reads JSON or YAML, given either as the text itself or as the name of a file that holds it.
 * @throws StampedeError CONFIG_INVALID naming `what`
 */
export async function readDocument(textOrFile: string, what: string): Promise<unknown> {
  const content = await readFile(textOrFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (looksInline(textOrFile)) return textOrFile;
    throw new StampedeError('CONFIG_INVALID', `${what}: can't read ${textOrFile}`, { cause: error });
  });
  return await parseDocument(content, what);
}

/** True for text that can only be a document: names of files and objects hold neither braces nor colons. */
export function looksInline(text: string): boolean {
  return /[:{]/.test(text);
}

/** @throws StampedeError CONFIG_INVALID naming `what` */
export async function parseDocument(content: string, what: string): Promise<unknown> {
  try {
    return /^\s*[[{]/.test(content) ? JSON.parse(content) : await parseYaml(content);
  } catch (jsonError) {
    return await parseYaml(content).catch((cause: unknown) => {
      throw new StampedeError('CONFIG_INVALID', `${what} is neither JSON nor YAML`, { cause: cause ?? jsonError });
    });
  }
}

async function parseYaml(content: string): Promise<unknown> {
  const { parse } = await import('yaml');
  return parse(content);
}
