// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, rename, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { searchPath } from '../../config.ts';

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

const run = promisify(execFile);
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

export interface RepositorySettings {
  readonly repositories: string;
  /** An empty folder: nobody's git settings apply. */
  readonly home: string;
}

/** A push is welcome, and nothing is tidied up after it: each of that would be one more process. */
const settings = '[http]\n\treceivepack = true\n[receive]\n\tautogc = false\n';

/** Makes the repository that is pushed to, bare and with `main`; two pushes at once make one. */
export async function ensureRepository({ path, isPush }: RepositoryPlace, { repositories, home }: RepositorySettings): Promise<void> {
  const target = join(repositories, path);
  if (!isPush || existsSync(target)) return;
  const temporary = join(repositories, `.new-${randomUUID()}`);
  const environment = { PATH: searchPath(), HOME: home, GIT_CONFIG_NOSYSTEM: '1' };
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', temporary], { env: environment });
  await appendFile(join(temporary, 'config'), settings);
  await mkdir(dirname(target), { recursive: true });
  await rename(temporary, target).catch(async (error: unknown) => {
    await rm(temporary, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  });
}
