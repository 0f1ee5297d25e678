// SPDX-License-Identifier: Apache-2.0
import { buildArtifact, plainLayer } from '../oci/artifact.ts';
import type { BuiltImage } from '../oci/image.ts';
import { MediaType } from '../oci/manifest.ts';
import { readSources, type Placement } from './examples.ts';
import { readNamingGitHost } from './fixtures.ts';
import { parseImageName } from './image-name.ts';
import type { ScenarioRun } from './scenario-run.ts';
import { buildTektonBundle, type TektonObject } from './tekton-bundle.ts';

const policyLayer = 'application/vnd.cncf.openpolicyagent.data.layer.v1+json';
/** What clients write who have no configuration to tell of. */
const unknownConfig = 'application/vnd.unknown.config.v1+json';

/** Files as layers, neither tar nor compressed: a client puts each where its title says. https://www.conftest.dev/sharing/ */
export async function pushPolicyBundle(scenario: ScenarioRun, name: string, rows: readonly Placement[]): Promise<void> {
  const files = await readNamingGitHost(scenario, rows, readSources);
  const layers = files.map(({ path, content }) => plainLayer(content, policyLayer, { 'org.opencontainers.image.title': path }));
  await push(scenario, name, buildArtifact({ layers, manifestType: MediaType.ociManifest, configType: unknownConfig }));
}

/** A Tekton bundle with these tasks and pipelines. */
export async function pushTektonBundle(scenario: ScenarioRun, name: string, objects: readonly TektonObject[]): Promise<void> {
  await push(scenario, name, await buildTektonBundle(objects));
}

/** A blob that no manifest names, known by its digest alone. */
export async function pushLooseBlob({ images, registry }: ScenarioRun, repository: string, content: string): Promise<void> {
  await registry.pushBlob(images.repositoryOf(repository), Buffer.from(content));
}

async function push({ images, registry }: ScenarioRun, name: string, artifact: BuiltImage): Promise<void> {
  await registry.pushImage(images.repositoryOf(name), artifact, parseImageName(name).tag ?? 'latest');
}
