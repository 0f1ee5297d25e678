// SPDX-License-Identifier: Apache-2.0
import type { BuiltinFindings } from './builtin-checks.ts';
import { bundleLabel, readBundleFiles } from './bundle-files.ts';
import { openImage, readContents, type Image } from './image.ts';
import type { Connection } from '../oci/registry-at.ts';
import type { LayerSource } from './read-layer.ts';

export interface InputSettings {
  readonly layerSource: LayerSource;
  readonly connection: Connection;
}

const baseName = 'org.opencontainers.image.base.name';

/**
 * The document that policies see as `input`. Layers are read only for an operator bundle.
 * @throws StampedeError as registry, cache and layers do
 */
export async function policyInput(image: Image, builtin: BuiltinFindings, { layerSource, connection }: InputSettings): Promise<object> {
  const { config, labels, layers } = await readContents(image);
  const folder = labels[bundleLabel];
  const parent = image.manifest.annotations?.[baseName];
  return {
    attestations: builtin.attestations.map(({ statement, signatures }) => ({ statement, signatures })),
    image: {
      ref: image.pinned,
      signatures: builtin.signatures.map(({ signature }) => ({ keyid: '', sig: signature })),
      config,
      ...(parent === undefined ? {} : { parent: await parentOf(parent, connection) }),
      ...(folder === undefined ? {} : { files: await readBundleFiles(layers, folder, layerSource) }),
      source: {},
    },
  };
}

async function parentOf(reference: string, connection: Connection): Promise<object> {
  const parent = await openImage(reference, connection);
  return { ref: parent.pinned, config: (await readContents(parent)).config };
}
