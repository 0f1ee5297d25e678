// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder: the nearest above this file that has a package.json. Files that come with the project are found from here. */
export const root = nearestPackage(dirname(fileURLToPath(import.meta.url)));

/** What `bin/stampede.mjs` makes of the sources, one folder for each state of them. */
const compiledCode = join(root, 'dist', 'app');

/**
 * One of the project's own modules, as it is to be loaded by another process or by Cucumber.
 * @param name From the project's folder, without its ending: `steps/stage.steps`, `steps/*`.
 * @returns A path from the project's folder: the source, or what was made of it where this very code was made so.
 */
export function ownModule(name: string): string {
  const here = fileURLToPath(import.meta.url);
  if (!isCompiled()) return `${name}.ts`;
  const [state = ''] = here.slice(compiledCode.length + 1).split('/');
  return `dist/app/${state}/${name}.js`;
}

/** False where a loader reads the sources themselves, as tests do. */
export function isCompiled(): boolean {
  return fileURLToPath(import.meta.url).startsWith(`${compiledCode}/`);
}

function nearestPackage(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error('this code lies in no package');
  return nearestPackage(above);
}
