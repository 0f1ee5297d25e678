// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { StampedeError } from '../foundation/errors.ts';
import { createTransport } from '../oci/transport.ts';
import type { PlacedFile } from './examples.ts';
import { packCommit } from './git-objects.ts';
import { pushCommit } from './git-push.ts';

export interface RepositoryPlan {
  /** https address that the repository is pushed to. */
  readonly url: string;
  /** PEM file with the git host's certificate; no other is trusted. */
  readonly certificateFile: string;
  readonly files: readonly PlacedFile[];
}

/**
 * Makes a repository of one commit on the git host by an ordinary push, and returns the commit id. No process is
 * started for it: a scenario's own time would go there (`decisions/2026-11-27-git-without-processes.md`).
 * @throws StampedeError GIT_FAILED with what the host said; EXAMPLE_MISSING for a target outside the repository.
 */
export async function publishRepository({ url, certificateFile, files }: RepositoryPlan): Promise<string> {
  const commit = packCommit(files);
  await using transport = createTransport({ caPem: await readFile(certificateFile, 'utf8'), userAgent: 'git/stampede' });
  try {
    await pushCommit(transport, url, commit);
  } catch (cause) {
    throw cause instanceof StampedeError && cause.code === 'CONNECTION_FAILED' ? new StampedeError('GIT_FAILED', `git push failed: ${cause.message}`, { cause }) : cause;
  }
  return commit.id;
}
