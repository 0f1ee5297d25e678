// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';

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
 * What `git init --bare` would make, but without a process. A push is welcome, and nothing is tidied up after it.
 * https://git-scm.com/docs/gitrepository-layout
 */
const head = 'ref: refs/heads/main\n';
const settings = '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n[http]\n\treceivepack = true\n[receive]\n\tautogc = false\n';
const folders = ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags'];

/** Makes the repository that is pushed to, bare and with `main`; two pushes at once make one. */
export async function ensureRepository({ path, isPush }: RepositoryPlace, repositories: string): Promise<void> {
  const target = join(repositories, path);
  if (!isPush || existsSync(target)) return;
  const temporary = join(repositories, `.new-${randomUUID()}`);
  for (const folder of folders) await mkdir(join(temporary, folder), { recursive: true });
  await Promise.all([writeFile(join(temporary, 'HEAD'), head), writeFile(join(temporary, 'config'), settings), mkdir(dirname(target), { recursive: true })]);
  await rename(temporary, target).catch(async (error: unknown) => {
    await rm(temporary, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  });
}
