// SPDX-License-Identifier: Apache-2.0
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StampedeError } from '../../foundation/errors.ts';
import type { WorkFolder } from '../work-folder.ts';
import type { Connection } from '../../oci/registry-at.ts';
import { fetchBundle } from './fetch-bundle.ts';
import type { PolicySource } from './source.ts';

/** A policy source on this machine. */
export interface FetchedPolicy {
  readonly folder: string;
  /** The commit, or the digest of the bundle's manifest; undefined for folders. */
  readonly version: string | undefined;
}

type GitSource = Extract<PolicySource, { kind: 'git' }>;

const loopback = ['127.0.0.1', 'localhost', '::1'];

/** @throws StampedeError GIT_FAILED, GIT_MISSING, POLICY_MALFORMED, and as `fetchBundle` */
export async function fetchPolicy(source: PolicySource, work: WorkFolder, connection: Connection): Promise<FetchedPolicy> {
  if (source.kind === 'folder') {
    await requireFolder(source.path, source.path);
    return { folder: source.path, version: undefined };
  }
  const checkout = work.folder('policy');
  if (source.kind === 'oci') return { folder: checkout, version: await fetchBundle(source.reference, checkout, connection) };
  const version = await checkOut(source, checkout, work);
  const folder = join(checkout, source.folder);
  await requireFolder(folder, `${source.repository}//${source.folder}`);
  return { folder, version };
}

async function checkOut({ repository, ref }: GitSource, folder: string, work: WorkFolder): Promise<string> {
  const git = async (...args: readonly string[]): Promise<string> =>
    await work.run('git', args, { cwd: folder, env: gitEnvironment(process.env) });
  try {
    await git('init', '--quiet', '--template=');
    if (ref !== undefined && /^[0-9a-f]{40}$/.test(ref)) {
      // A host need not serve a commit by name, so the history that leads to it is fetched.
      await git('fetch', '--quiet', '--no-recurse-submodules', '--', repository, '+refs/*:refs/fetched/*');
      await git('checkout', '--quiet', '--detach', ref);
    } else {
      await git('fetch', '--quiet', '--no-recurse-submodules', '--depth=1', '--', repository, ref ?? 'HEAD');
      await git('checkout', '--quiet', '--detach', 'FETCH_HEAD');
    }
    return (await git('rev-parse', 'HEAD')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new StampedeError('GIT_MISSING', 'git is needed to fetch policies and is not on the PATH', { cause: error });
    }
    const reason = (error as { stderr?: string }).stderr?.trim().split('\n').join('; ') ?? '';
    throw new StampedeError('GIT_FAILED', `can't fetch ${repository}: ${reason}`, { cause: error });
  }
}

/** Go programs read SSL_CERT_FILE and never send loopback addresses through a proxy; git is told the same. */
function gitEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const certificate = environment['GIT_SSL_CAINFO'] ?? environment['SSL_CERT_FILE'];
  const direct = [environment['NO_PROXY'] ?? environment['no_proxy'] ?? '', ...loopback].filter((one) => one !== '').join(',');
  return {
    ...environment,
    ...(certificate === undefined ? {} : { GIT_SSL_CAINFO: certificate }),
    NO_PROXY: direct,
    no_proxy: direct,
    GIT_TERMINAL_PROMPT: '0',
  };
}

async function requireFolder(path: string, what: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) throw new StampedeError('POLICY_MALFORMED', `no policy folder at ${what}`);
}
