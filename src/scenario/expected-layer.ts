// SPDX-License-Identifier: Apache-2.0
import { gunzipSync } from 'node:zlib';
import { StampedeError } from '../foundation/errors.ts';
import { parseDigest } from '../oci/digest.ts';
import type { Manifest } from '../oci/manifest.ts';
import { difference } from './difference.ts';
import { parseImageName } from './image-name.ts';
import type { ScenarioRun } from './scenario-run.ts';

const mostLayerBytes = 16 * 1024 * 1024;

/**
 * An image in the registry, whoever has pushed it, has one layer, and that one this content to the byte.
 * @throws StampedeError EXPECTATION_BROKEN with a diff
 */
export async function expectOnlyLayer(scenario: ScenarioRun, name: string, expected: string): Promise<void> {
  const wanted = await scenario.values.expand(expected, scenario.context.unknownVariables);
  const content = await onlyLayer(scenario, name);
  if (content.equals(Buffer.from(wanted))) return;
  const parted = difference({ name: 'expected', text: wanted }, { name: `layer of ${name}`, text: content.toString('utf8') });
  throw broken(`the layer of ${name} is another`, parted === '' ? ' and is no text' : `\n\n${parted}`);
}

async function onlyLayer({ images, registry }: ScenarioRun, name: string): Promise<Buffer> {
  const repository = images.repositoryOf(name);
  const found = await registry.getManifest(repository, parseImageName(name).tag ?? 'latest');
  if (found === undefined) throw broken(`there is no image ${name} in the registry`, `; its repository has ${listed(await registry.tags(repository))}`);
  const { layers } = JSON.parse(found.bytes.toString('utf8')) as Partial<Manifest>;
  const [layer, ...others] = layers ?? [];
  if (layer === undefined || others.length > 0) throw broken(`${name} has ${layers?.length ?? 0} layers`, ', not one');
  const bytes = await registry.getBlobBytes(repository, parseDigest(layer.digest), mostLayerBytes);
  return isGzip(bytes) ? gunzipSync(bytes, { maxOutputLength: mostLayerBytes }) : bytes;
}

/** https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1 */
function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function listed(tags: readonly string[]): string {
  return tags.length === 0 ? 'no tags' : `the tags ${tags.join(', ')}`;
}

function broken(what: string, more: string): StampedeError {
  return new StampedeError('EXPECTATION_BROKEN', `${what}${more}`);
}
