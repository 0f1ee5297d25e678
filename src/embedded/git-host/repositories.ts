// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { makingFolders } from '../../foundation/replace-file.ts';

/** What a request is for. */
export interface RepositoryPlace {
  /** Relative to the folder of all repositories: `<scenario>/<name>.git`. */
  readonly path: string;
  /** What follows: `/info/refs`, `/git-upload-pack`, `/git-receive-pack`. */
  readonly service: string;
  readonly query: string;
  /** Only a push makes a repository. */
  readonly isPush: boolean;
}

/** One path element that can't lead anywhere else. */
const element = String.raw`[A-Za-z0-9_][A-Za-z0-9._-]*`;
const address = new RegExp(`^(?:/(${element}))?/git/(${element}?)(?:\\.git)?(/info/refs|/git-upload-pack|/git-receive-pack)$`);

/** Takes `/<scenario>/git/<name>[.git]/<service>` apart; undefined for every other path, dotted and escaped ones included. */
export function placeOf(url: string): RepositoryPlace | undefined {
  const [path = '', query = ''] = url.split('?');
  const found = address.exec(path);
  if (found === null) return undefined;
  const [, scenario = 'shared', name = '', service = ''] = found;
  const isPush = service === '/git-receive-pack' || /(?:^|&)service=git-receive-pack(?:&|$)/.test(query);
  return { path: `${scenario}/${name.replace(/\.git$/, '')}.git`, service, query, isPush };
}

/**
 * What git takes for a bare repository; it makes the other folders when it needs them. A push is welcome, and nothing is tidied up after it.
 * https://git-scm.com/docs/gitrepository-layout
 */
const head = 'ref: refs/heads/main\n';
const settings = '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n[http]\n\treceivepack = true\n[receive]\n\tautogc = false\n';
const folders = ['objects', 'refs/heads'];

/** Makes the repository that is pushed to, bare and with `main`; two pushes at once make one. */
export function ensureRepository({ path, isPush }: RepositoryPlace, repositories: string): void {
  const target = join(repositories, path);
  if (!isPush || existsSync(target)) return;
  const temporary = join(repositories, `.new-${randomUUID()}`);
  try {
    for (const folder of folders) mkdirSync(join(temporary, folder), { recursive: true });
    writeFileSync(join(temporary, 'HEAD'), head);
    writeFileSync(join(temporary, 'config'), settings);
    makingFolders(target, () => renameSync(temporary, target));
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
}
