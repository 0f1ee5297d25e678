// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream';
import { pack, type Header } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { readBundleFiles } from './bundle-files.ts';
import type { Layer } from './cache/layer.ts';
import { testLayer } from './cache/test-layer.ts';

const cache = { cache: undefined, warn: () => undefined };

async function layer(...entries: readonly (readonly [string, string] | (Partial<Header> & { readonly name: string }))[]): Promise<Layer> {
  const tar = pack();
  for (const entry of entries) {
    if ('name' in entry) tar.entry(entry);
    else tar.entry({ name: entry[0] }, entry[1]);
  }
  tar.finalize();
  return testLayer(Buffer.concat(await Readable.from(tar).toArray()));
}

describe('readBundleFiles', () => {
  it('reads JSON and YAML below the folder, and nothing else', async () => {
    const only = await layer(
      ['manifests/csv.yaml', 'kind: ClusterServiceVersion\n---\nkind: Second\n'],
      ['./manifests/deep/crd.json', '{"kind": "CRD"}'],
      ['manifests/empty.yml', ''],
      ['manifests/README.md', 'no'],
      ['manifests-not/a.yaml', 'a: 1'],
      ['metadata/annotations.yaml', 'a: 1'],
    );
    expect(await readBundleFiles([only], 'manifests/', cache)).toEqual({
      'manifests/csv.yaml': { kind: 'ClusterServiceVersion' },
      'manifests/deep/crd.json': { kind: 'CRD' },
      'manifests/empty.yml': null,
    });
  });

  it('reads the layers from last to first and lets later ones win', async () => {
    const order: string[] = [];
    const named = (name: string, from: Layer): Layer => ({ ...from, compressed: async () => (order.push(name), await from.compressed()) });
    const first = named('first', await layer(['manifests/a.yaml', 'v: 1'], ['manifests/b.yaml', 'v: 1'], ['manifests/c.yaml', 'v: 1']));
    const second = named('second', await layer(['manifests/a.yaml', 'v: 2'], ['manifests/.wh.b.yaml', '']));
    expect(await readBundleFiles([first, second], '/manifests', cache)).toEqual({
      'manifests/a.yaml': { v: 2 },
      'manifests/c.yaml': { v: 1 },
    });
    expect(order).toEqual(['second', 'first']);
  });

  it('does not look through a link that took the place of the folder', async () => {
    const first = await layer(['manifests/a.yaml', 'v: 1']);
    const second = await layer({ name: 'manifests', type: 'symlink', linkname: 'elsewhere' });
    expect(await readBundleFiles([first, second], 'manifests', cache)).toEqual({});
  });

  it('refuses what can not be read', async () => {
    const broken = await layer(['manifests/a.json', '{"kind": ']);
    await expect(readBundleFiles([broken], 'manifests', cache)).rejects.toMatchObject({ code: 'LAYER_MALFORMED' });
    await expect(readBundleFiles([broken], '../etc', cache)).rejects.toMatchObject({ code: 'MANIFEST_MALFORMED' });
    const noTar = Buffer.alloc(600, 'x');
    await expect(readBundleFiles([testLayer(noTar)], 'manifests', cache)).rejects.toMatchObject({ code: 'LAYER_MALFORMED' });
  });
});
