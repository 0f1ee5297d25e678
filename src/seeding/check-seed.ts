// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { decryptPrivateKey } from '../sigstore/encrypted-key.ts';
import { readPrivateKey, type KeyPair } from '../sigstore/keys.ts';
import type { ServiceName } from '../stage/service.ts';
import { invalidSeed, parseSeedFile, type Seed, type Written } from './seed-file.ts';

/**
 * Reads a seed and everything that it names, before any service is started. `services`: those that will be there.
 * @throws StampedeError SEED_INVALID with every problem at once, by the names of the fields
 */
export async function readSeed(file: string, services: readonly ServiceName[]): Promise<Seed> {
  const path = resolve(file);
  const written = await parseSeedFile(path);
  const { contents, problems } = await filesOf(written, dirname(path));
  const all = [...problems, ...twice(written), ...keysMissing(written), ...servicesMissing(written, services), ...wordsUnknown(written, services), ...placesTaken(written), ...keysUnreadable(written, contents)];
  if (all.length > 0) throw invalidSeed(path, all);
  return { ...written, file: path, contents };
}

/** A key as a file has it. @throws StampedeError KEY_MALFORMED */
export function keyIn(text: string): KeyPair {
  return text.includes('ENCRYPTED') ? decryptPrivateKey(text, '') : readPrivateKey(text);
}

interface Named {
  readonly field: string;
  readonly path: string;
}

async function filesOf(written: Written, folder: string): Promise<{ readonly contents: ReadonlyMap<string, Buffer>; readonly problems: readonly string[] }> {
  const contents = new Map<string, Buffer>();
  const problems: string[] = [];
  for (const { field, path } of namedFiles(written)) {
    if (contents.has(path)) continue;
    await readFile(resolve(folder, path)).then(
      (bytes) => contents.set(path, bytes),
      (error: NodeJS.ErrnoException) => problems.push(`${field}: ${path} can't be read (${error.code ?? error.message})`),
    );
  }
  return { contents, problems };
}

function namedFiles({ keys, images, repositories }: Written): readonly Named[] {
  const inFiles = (field: string, files: Written['repositories'][number]['files']): Named[] =>
    Object.entries(files).flatMap(([name, content]) => (typeof content === 'string' ? [] : [{ field: `${field}.${name}.file`, path: content.file }]));
  return [
    ...keys.flatMap(({ privateKey }, index) => (privateKey === undefined ? [] : [{ field: `keys[${index}].privateKey`, path: privateKey }])),
    ...images.flatMap(({ layers }, index) => layers.flatMap((layer, place) => ('files' in layer ? inFiles(`images[${index}].layers[${place}].files`, layer.files) : []))),
    ...repositories.flatMap(({ files }, index) => inFiles(`repositories[${index}].files`, files)),
  ];
}

function twice({ keys, images, repositories, policies }: Written): readonly string[] {
  const seen = new Set<string>();
  const names = [
    ...keys.map(({ name }, index) => ({ field: `keys[${index}].name`, name, of: 'key' })),
    ...images.map(({ name }, index) => ({ field: `images[${index}].name`, name: name.includes(':') ? name : `${name}:latest`, of: 'image' })),
    ...repositories.map(({ name }, index) => ({ field: `repositories[${index}].name`, name, of: 'repository' })),
    ...policies.map(({ kind, name, namespace }, index) => ({ field: `policies[${index}].name`, name: `${namespace}/${name}`, of: kind })),
  ];
  return names.flatMap(({ field, name, of }) => {
    const known = `${of} ${name}`;
    const isKnown = seen.has(known);
    seen.add(known);
    return isKnown ? [`${field}: there is another ${of} named ${name}`] : [];
  });
}

function keysMissing({ keys, images }: Written): readonly string[] {
  const known = new Set(keys.map(({ name }) => name));
  return images.flatMap((image, index) =>
    (['signatures', 'attestations'] as const).flatMap((kind) =>
      image[kind].flatMap(({ key }, place) => (known.has(key) ? [] : [`images[${index}].${kind}[${place}].key: no key is named ${key}; there are ${[...known].join(', ') || 'none'}`])),
    ),
  );
}

function keysUnreadable({ keys }: Written, contents: ReadonlyMap<string, Buffer>): readonly string[] {
  return keys.flatMap(({ privateKey }, index) => {
    const text = privateKey === undefined ? undefined : contents.get(privateKey)?.toString('utf8');
    if (text === undefined) return [];
    try {
      keyIn(text);
      return [];
    } catch (error) {
      return [`keys[${index}].privateKey: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
}

function servicesMissing({ images, repositories, policies }: Written, services: readonly ServiceName[]): readonly string[] {
  const firstLogged = images.findIndex(({ signatures, attestations }) => [...signatures, ...attestations].some(({ log }) => log !== 'unlogged'));
  const needed = [
    { service: 'registry', field: 'images', isNeeded: images.length > 0 },
    { service: 'rekor', field: `images[${firstLogged}]`, isNeeded: firstLogged >= 0 },
    { service: 'git', field: 'repositories', isNeeded: repositories.length > 0 },
    { service: 'policy-api', field: 'policies', isNeeded: policies.length > 0 },
  ] as const;
  return needed.flatMap(({ service, field, isNeeded }) => (isNeeded && !services.includes(service) ? [`${field}: need ${service}, which is not to be started`] : []));
}

/** What stands in the texts of policies for something of the stage. */
export const placeholder = /\$\{([^}]*)\}/g;

function wordsUnknown({ keys, policies }: Written, services: readonly ServiceName[]): readonly string[] {
  const known = new Set([...(['registry', 'git', 'rekor'] as const).filter((name) => services.includes(name)), ...keys.map(({ name }) => `key.${name}`)]);
  return policies.flatMap(({ spec }, index) =>
    [...JSON.stringify(spec).matchAll(placeholder)].flatMap(([, name = '']) => (known.has(name) ? [] : [`policies[${index}].spec: \${${name}} stands for nothing; there are ${[...known].join(', ') || 'none'}`])),
  );
}

/** What is a file can't be a folder as well. */
function placesTaken({ images, repositories }: Written): readonly string[] {
  const sets = [
    ...images.flatMap(({ layers }, index) => layers.flatMap((layer, place) => ('files' in layer ? [{ field: `images[${index}].layers[${place}].files`, files: layer.files }] : []))),
    ...repositories.map(({ files }, index) => ({ field: `repositories[${index}].files`, files })),
  ];
  return sets.flatMap(({ field, files }) => {
    const paths = Object.keys(files);
    return paths.filter((path) => paths.some((other) => other.startsWith(`${path}/`))).map((path) => `${field}.${path}: is a folder, too`);
  });
}
