// SPDX-License-Identifier: Apache-2.0
import { isContentDigest, type ContentDigest } from './content-digest.ts';

/** What the registry has to know of a pushed manifest; everything else is the client's. */
export interface ManifestDocument {
  readonly mediaType: string;
  /** Configuration and layers that have to be in the repository: those with addresses of their own need not. */
  readonly blobs: readonly ContentDigest[];
  /** Manifests that an index lists. */
  readonly manifests: readonly ContentDigest[];
  readonly subject: ContentDigest | undefined;
  readonly artifactType: string | undefined;
  readonly annotations: unknown;
}

/**
 * A pushed manifest read as far as the registry must; a text saying why it can't be taken.
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md
 */
export function parseManifest(bytes: Buffer, contentType: string | undefined): ManifestDocument | string {
  const document = parseObject(bytes);
  if (document === undefined) return 'not a JSON object';
  if (document['schemaVersion'] !== 2) return 'schemaVersion is not 2';
  const { mediaType: ownType, config, layers, manifests, subject, artifactType, annotations } = document;
  const mediaType = contentType?.split(';')[0]?.trim() || ownType;
  if (typeof mediaType !== 'string') return 'neither content-type nor mediaType is given';
  if (ownType !== undefined && ownType !== mediaType) return 'content-type and mediaType differ';
  const lists = [config === undefined ? [] : [config], layers ?? [], manifests ?? [], subject === undefined ? [] : [subject]];
  const [configs, layerList, children, subjects] = lists.map(digestsIn);
  if (!configs || !layerList || !children || !subjects) return 'a descriptor without a sha256 or sha512 digest';
  return {
    mediaType,
    blobs: [...configs, ...layerList],
    manifests: children,
    subject: subjects[0],
    artifactType: [artifactType, configs.length > 0 ? (config as Fields)['mediaType'] : undefined].find(isName),
    annotations,
  };
}

type Fields = Readonly<Record<string, unknown>>;

function parseObject(bytes: Buffer): Fields | undefined {
  try {
    const document: unknown = JSON.parse(bytes.toString('utf8'));
    return isObject(document) ? document : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** The digests of a list of descriptors, undefined when one of them has none. */
function digestsIn(list: unknown): readonly ContentDigest[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const digests: ContentDigest[] = [];
  for (const descriptor of list as readonly unknown[]) {
    if (!isObject(descriptor)) return undefined;
    const { digest, urls } = descriptor;
    if (typeof digest !== 'string' || !isContentDigest(digest)) return undefined;
    if (!Array.isArray(urls) || urls.length === 0) digests.push(digest);
  }
  return digests;
}
