// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { execa } from 'execa';
import { searchPath } from '../config.ts';
import { StampedeError } from '../foundation/errors.ts';
import type { PlacedFile } from './examples.ts';

export interface RepositoryPlan {
  /** https address that the repository is pushed to. */
  readonly url: string;
  /** PEM file with the git host's certificate. */
  readonly certificateFile: string;
  /** Folder to work in; a temporary one inside it is used and removed. */
  readonly folder: string;
  readonly files: readonly PlacedFile[];
}

/** Author and date never change, so the same files give the same commit id everywhere. */
const fixedIdentity = {
  GIT_AUTHOR_NAME: 'acceptance',
  GIT_AUTHOR_EMAIL: 'acceptance@localhost',
  GIT_AUTHOR_DATE: '1970-01-01T00:09:09Z',
  GIT_COMMITTER_NAME: 'acceptance',
  GIT_COMMITTER_EMAIL: 'acceptance@localhost',
  GIT_COMMITTER_DATE: '1970-01-01T00:09:09Z',
};

/** What was just made needs no tidying up: `maintenance`, in older versions `gc`. */
const untidied = ['-c', 'maintenance.auto=false', '-c', 'gc.auto=0'];

/**
 * Makes a repository of one commit on the git host by an ordinary push, and returns the commit id.
 * @throws StampedeError GIT_FAILED with what git said; EXAMPLE_MISSING for a target outside the repository.
 */
export async function publishRepository({ url, certificateFile, folder, files }: RepositoryPlan): Promise<string> {
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, 'repository-'));
  const git = gitIn(work, certificateFile);
  try {
    await git('init', '--quiet', '--initial-branch=main');
    for (const file of files) await place(work, file);
    await git('add', '--all', '--force');
    await git('commit', '--quiet', '--allow-empty', '--message=acceptance');
    await git('push', '--quiet', '--force', url, 'main');
    // As git itself would find it, but for one process less.
    return (await readFile(join(work, '.git', 'refs', 'heads', 'main'), 'utf8')).trim();
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function place(work: string, { path, content }: PlacedFile): Promise<void> {
  const inside = normalize(path);
  if (inside.split('/').some((part) => ['', '.', '..', '.git'].includes(part.toLowerCase()))) {
    throw new StampedeError('EXAMPLE_MISSING', `${path} is not a place inside a repository`);
  }
  await mkdir(dirname(join(work, inside)), { recursive: true });
  await writeFile(join(work, inside), content, { mode: 0o600 });
}

function gitIn(work: string, certificateFile: string): (...args: string[]) => Promise<string> {
  const environment = {
    ...fixedIdentity,
    PATH: searchPath(),
    HOME: work,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    // Whatever becomes usual: the commit's name is read from a file.
    GIT_DEFAULT_REF_FORMAT: 'files',
    GIT_SSL_CAINFO: certificateFile,
    NO_PROXY: '*',
  };
  return async (...args) => {
    const { failed, stdout, stderr, code } = await execa('git', [...untidied, ...args], { cwd: work, env: environment, extendEnv: false, reject: false });
    if (!failed) return stdout.trim();
    if (code === 'ENOENT') throw new StampedeError('GIT_MISSING', 'git is not on the PATH', { hint: 'install git' });
    throw new StampedeError('GIT_FAILED', `git ${args[0]} failed: ${stderr.trim()}`);
  };
}
