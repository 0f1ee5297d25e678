// SPDX-License-Identifier: Apache-2.0
import type { Connection } from '../../oci/registry-at.ts';
import type { WorkFolder } from '../work-folder.ts';
import { loadPolicies, type CompiledPolicy } from './compiled.ts';
import { fetchPolicy } from './fetch.ts';
import { parsePolicySource, pinnedSource } from './source.ts';
import type { SourceGroup } from './specification.ts';

/** The policies of a run, ready to be asked, and where they came from. */
export interface OpenedPolicies {
  /** One for each mention: a source named twice is asked twice. */
  readonly policies: readonly CompiledPolicy[];
  /** The sources as given, each at the commit or manifest that was fetched. */
  readonly pinned: readonly SourceGroup[];
}

interface OpenedSource {
  readonly pinned: string;
  readonly policies: readonly CompiledPolicy[];
}

/**
 * Fetches and loads every policy source, each distinct one once.
 * @throws StampedeError as the sources, git, registries and the compiled forms do
 */
export async function openPolicies(groups: readonly SourceGroup[], work: WorkFolder, connection: Connection): Promise<OpenedPolicies> {
  const distinct = [...new Set(groups.flatMap(({ policy }) => policy))];
  const sources = distinct.map((text) => ({ text, source: parsePolicySource(text) }));
  const opened = new Map<string, OpenedSource>();
  await Promise.all(
    sources.map(async ({ text, source }) => {
      const { folder, version } = await fetchPolicy(source, work, connection);
      opened.set(text, { pinned: pinnedSource(source, version), policies: await loadPolicies(folder) });
    }),
  );
  const openedSource = (text: string): OpenedSource => opened.get(text) ?? { pinned: text, policies: [] };
  return {
    policies: groups.flatMap(({ policy }) => policy).flatMap((text) => openedSource(text).policies),
    pinned: groups.map((group) => ({ ...group, policy: group.policy.map((text) => openedSource(text).pinned) })),
  };
}
