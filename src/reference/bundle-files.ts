// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';
import { parseAllDocuments } from 'yaml';
import { StampedeError } from '../foundation/errors.ts';
import { readTar, type TarEntry, type TarLimits } from '../oci/tar.ts';
import type { Layer } from './cache/layer.ts';
import { normalPath, overlay, whiteoutOf, type LayerFiles } from './layer-overlay.ts';
import { readLayer, type LayerSource } from './read-layer.ts';

/** The label of an operator bundle's image that names the folder of its manifests. */
export const bundleLabel = 'operators.operatorframework.io.bundle.manifests.v1';

/** Of what is parsed, and so held in memory. */
const maximumFileBytes = 16 * 1024 * 1024;
const limits: TarLimits = { entryBytes: 2 ** 36, totalBytes: 2 ** 36, entries: 10_000_000 };

/**
 * The JSON and YAML files below `folder` as the whole image has them, parsed, by path. Reads all layers, from last
 * to first, through the cache.
 * @throws StampedeError LAYER_MALFORMED, DIGEST_MISMATCH; what the registry threw
 */
export async function readBundleFiles(
  layers: readonly Layer[],
  folder: string,
  source: LayerSource,
): Promise<Readonly<Record<string, unknown>>> {
  const inside = normalPath(folder);
  if (inside === undefined) throw new StampedeError('MANIFEST_MALFORMED', `the label ${bundleLabel} leaves the image: ${folder}`);
  const contents: LayerFiles[] = [];
  for (const layer of [...layers].reverse()) {
    contents.push(await readLayer(layer, source, async (tar) => await readLayerFiles(tar, inside)));
  }
  const files = [...overlay(contents)].sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(files.map(([path, content]) => [path, parseManifest(path, content)]));
}

async function readLayerFiles(tar: Readable, folder: string): Promise<LayerFiles> {
  const files = new Map<string, Buffer>();
  const hidden = new Set<string>();
  const opaque = new Set<string>();
  for await (const entry of readTar(tar, limits)) {
    const { path, type } = entry;
    const whiteout = whiteoutOf(path);
    if (whiteout !== undefined) (whiteout.kind === 'opaque' ? opaque : hidden).add(whiteout.path);
    else if (type === 'file' && isManifest(path, folder)) files.set(path, await contentOf(entry));
    else if (type !== 'directory' && concerns(path, folder)) hidden.add(path);
  }
  return { files, hidden, opaque };
}

async function contentOf({ path, size, content }: TarEntry): Promise<Buffer> {
  if (size > maximumFileBytes) throw new StampedeError('LAYER_MALFORMED', `${path} is longer than ${maximumFileBytes} bytes`);
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function isManifest(path: string, folder: string): boolean {
  return (folder === '' || path.startsWith(`${folder}/`)) && /\.(json|ya?ml)$/.test(path);
}

/** True when something that is no folder at `path` stands in the way of a file below `folder`. */
function concerns(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`) || folder.startsWith(`${path}/`);
}

/** Of several documents in one file the first counts. */
function parseManifest(path: string, content: Buffer): unknown {
  try {
    if (path.endsWith('.json')) return JSON.parse(content.toString('utf8'));
    const [first] = parseAllDocuments(content.toString('utf8'));
    if (first === undefined || !('errors' in first)) return null;
    const [problem] = first.errors;
    if (problem !== undefined) throw problem;
    return first.toJS() as unknown;
  } catch (cause) {
    throw new StampedeError('LAYER_MALFORMED', `${path} is neither JSON nor YAML`, { cause });
  }
}
