// SPDX-License-Identifier: Apache-2.0
import { hexOf } from '../oci/digest.ts';
import type { RegistryClient } from '../oci/registry-client.ts';
import type { KeyRing } from './keys.ts';
import { expand, mentions, type UnknownVariable } from './variables.ts';

export interface KnownValuesSettings {
  readonly registry: RegistryClient;
  readonly keys: KeyRing;
  readonly prefix: string;
  readonly fixed: Readonly<Record<string, string>>;
}

const digestVariable = /^REGISTRY_.*_DIGEST$/;

/** The names that documents, commands and snapshots use for what differs from run to run. */
export class KnownValues {
  readonly #settings: KnownValuesSettings;
  readonly #values: Map<string, string>;
  readonly #snapshotOnly = new Map<string, string>();

  constructor(settings: KnownValuesSettings) {
    this.#settings = settings;
    this.#values = new Map(Object.entries(settings.fixed));
  }

  set(name: string, value: string): void {
    this.#values.set(name, value);
  }

  /** For snapshots alone: a signature, say. */
  setForSnapshots(name: string, value: string): void {
    this.#snapshotOnly.set(name, value);
  }

  /** Expands a command or document. Digests are looked up only when the text names one. */
  async expand(text: string, unknown: UnknownVariable): Promise<string> {
    return expand(text, await this.#valuesFor(text), unknown);
  }

  /** The same for names that match; all others stay as they are. */
  async expandOnly(text: string, names: RegExp): Promise<string> {
    return expand(text, new Map([...(await this.#valuesFor(text))].filter(([name]) => names.test(name))), 'keep');
  }

  /** Everything that a snapshot shows by name. */
  async forSnapshots(): Promise<ReadonlyMap<string, string>> {
    const keys = this.#settings.keys.all().flatMap(({ name, pair }) => [
      [`${name}_PUBLIC_KEY_JSON`, JSON.stringify(pair.publicKeyPem).slice(1, -1)] as const,
      [`${name}_PUBLIC_KEY_XML`, pair.publicKeyPem.replaceAll('\n', '&#xA;')] as const,
    ]);
    return new Map([...this.#withKeys(), ...keys, ...(await this.#digests()), ...this.#snapshotOnly]);
  }

  async #valuesFor(text: string): Promise<ReadonlyMap<string, string>> {
    const values = this.#withKeys();
    return mentions(text, (name) => digestVariable.test(name)) ? new Map([...values, ...(await this.#digests())]) : values;
  }

  #withKeys(): Map<string, string> {
    const files = this.#settings.keys.all().flatMap(({ name, publicKeyFile, privateKeyFile }) => [
      [`${name}_PUBLIC_KEY`, publicKeyFile] as const,
      [`${name}_PRIVATE_KEY`, privateKeyFile] as const,
    ]);
    return new Map([...this.#values, ...files]);
  }

  /** `REGISTRY_<repository>:<tag>_DIGEST` for every tag that the scenario's part of the registry has. */
  async #digests(): Promise<ReadonlyMap<string, string>> {
    const { registry, prefix } = this.#settings;
    const repositories = await registry.catalog(prefix);
    const found = await Promise.all(
      repositories.map(async (repository) => {
        const tags = await registry.tags(repository);
        return await Promise.all(tags.map(async (tag) => await this.#digest(repository, tag)));
      }),
    );
    return new Map(found.flat().flat());
  }

  async #digest(repository: string, tag: string): Promise<readonly (readonly [string, string])[]> {
    const { registry, prefix } = this.#settings;
    const manifest = await registry.headManifest(repository, tag);
    if (manifest === undefined) return [];
    return [[`REGISTRY_${repository.slice(prefix.length + 1)}:${tag}_DIGEST`, hexOf(manifest.digest)]];
  }
}
