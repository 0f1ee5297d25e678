// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';
import type { Engine } from './engine.ts';
import { isOrphan, projectLabel, tagOf } from './session-tag.ts';

type Belongs = (project: string) => boolean;

/**
 * Removes what belongs to the projects: containers first, then networks and volumes, and returns how many things that
 * were. What is gone already, or is just being removed by somebody else, is no failure.
 * @throws StampedeError TEARDOWN_FAILED
 */
export async function removeProjects({ api }: Engine, belongs: Belongs): Promise<number> {
  const filters = { label: [projectLabel] };
  const isOurs = ({ Labels }: { readonly Labels?: Record<string, string> | null | undefined }): boolean => belongs(Labels?.[projectLabel] ?? '');
  const containers = (await api.listContainers({ all: true, filters })).filter(isOurs);
  await removeAll(containers.map(({ Id }) => async () => void (await api.getContainer(Id).remove({ force: true, v: true }))));
  const [networks, { Volumes }] = await Promise.all([api.listNetworks({ filters }), api.listVolumes({ filters })]);
  const theirNetworks = networks.filter(isOurs);
  const theirVolumes = (Volumes ?? []).filter(isOurs);
  await removeAll([
    ...theirNetworks.map(({ Id }) => async () => void (await api.getNetwork(Id).remove())),
    ...theirVolumes.map(({ Name }) => async () => void (await api.getVolume(Name).remove())),
  ]);
  return containers.length + theirNetworks.length + theirVolumes.length;
}

/** Removes what runs of this machine left that were killed, and returns their tags. */
export async function sweepContainers(engine: Engine): Promise<readonly string[]> {
  const swept = new Set<string>();
  await removeProjects(engine, (project) => {
    const tag = tagOf(project);
    if (tag === undefined || !isOrphan(tag)) return false;
    swept.add(tag);
    return true;
  });
  return [...swept];
}

async function removeAll(removals: readonly (() => Promise<void>)[]): Promise<void> {
  const attempts = await Promise.allSettled(removals.map(async (remove) => await remove()));
  const failures = attempts.flatMap((attempt) => (attempt.status === 'rejected' && !isGone(attempt.reason) ? [attempt.reason as unknown] : []));
  if (failures.length === 0) return;
  throw new StampedeError('TEARDOWN_FAILED', `the engine did not remove ${failures.length} of ${removals.length} things`, { cause: failures[0] });
}

/** 404: gone. 409: somebody else is removing it. */
function isGone(error: unknown): boolean {
  return [404, 409].includes((error as { statusCode?: number }).statusCode ?? 0);
}
