// SPDX-License-Identifier: Apache-2.0

/** What one layer does to a folder of the image: the files it brings and what it hides in the layers below. */
export interface LayerFiles {
  /** By path without leading slash. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** Paths that are gone in the layers below, with everything under them. */
  readonly hidden: ReadonlySet<string>;
  /** Folders whose content in the layers below is gone. */
  readonly opaque: ReadonlySet<string>;
}

/**
 * The files of the folder as the whole image has them; `layers` from last to first.
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#whiteouts
 */
export function overlay(layers: readonly LayerFiles[]): ReadonlyMap<string, Buffer> {
  const hidden = new Set<string>();
  const opaque = new Set<string>();
  const files = new Map<string, Buffer>();
  for (const layer of layers) {
    for (const [path, content] of layer.files) {
      const folders = ancestorsOf(path);
      if (!hidden.has(path) && !folders.some((folder) => hidden.has(folder) || opaque.has(folder))) files.set(path, content);
    }
    for (const path of [...layer.hidden, ...layer.files.keys()]) hidden.add(path);
    for (const path of layer.opaque) opaque.add(path);
  }
  return files;
}

/** A path inside an image without `./` and slashes at its ends; undefined for one that leaves the image. */
export function normalPath(name: string): string | undefined {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? undefined : parts.join('/');
}

/** What an entry of a layer's tar is besides what it seems: a whiteout names what it hides. */
export function whiteoutOf(path: string): { readonly kind: 'hides' | 'opaque'; readonly path: string } | undefined {
  const slash = path.lastIndexOf('/') + 1;
  const name = path.slice(slash);
  if (name === '.wh..wh..opq') return { kind: 'opaque', path: path.slice(0, Math.max(slash - 1, 0)) };
  return name.startsWith('.wh.') ? { kind: 'hides', path: path.slice(0, slash) + name.slice('.wh.'.length) } : undefined;
}

/** The folders above a path, the image's root (an empty text) included. */
function ancestorsOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return ['', ...parts.map((_, index) => parts.slice(0, index + 1).join('/'))];
}
