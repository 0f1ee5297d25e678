// SPDX-License-Identifier: Apache-2.0
import type { DataTable } from '@cucumber/cucumber';
import { pushLooseBlob, pushPolicyBundle, pushTektonBundle } from '../src/scenario/artifacts.ts';
import { borrowAttachment, copyRelated, type Attachment } from '../src/scenario/copies.ts';
import { expectOnlyLayer } from '../src/scenario/expected-layer.ts';
import { attest } from '../src/scenario/fixtures.ts';
import type { ScenarioRun } from '../src/scenario/scenario-run.ts';
import type { Provenance } from '../src/scenario/signing.ts';
import { patchesIn } from '../src/scenario/statement-patch.ts';
import { documentBelow, rowsOf } from '../src/scenario/step-input.ts';

/** The words of the steps about artifacts, copies and what validators push, as calls; the rest of the World is in world.ts. */
export class ArtifactWords {
  readonly #scenario: ScenarioRun;

  constructor(scenario: ScenarioRun) {
    this.#scenario = scenario;
  }

  /** Variables in the patches are expanded. */
  async havePatchedAttestation(image: string, keyName: string, provenance: Provenance, table: DataTable): Promise<void> {
    const rows = rowsOf(table, { 'JSON Patch': 'filled' });
    const patches = await Promise.all(rows.map(async (row) => await this.#scenario.values.expand(row['JSON Patch'], 'keep')));
    await attest(this.#scenario, image, { keyName, provenance, logging: 'bundled', change: patchesIn(patches) });
  }

  async haveBorrowed(image: string, attachment: Attachment, from: string): Promise<void> {
    await borrowAttachment(this.#scenario, image, { attachment, from });
  }

  async haveCopies(from: string, to: string): Promise<void> {
    await copyRelated(this.#scenario, from, to);
  }

  async havePolicyBundle(name: string, table: DataTable): Promise<void> {
    await pushPolicyBundle(this.#scenario, name, rowsOf(table, { target: 'filled', source: 'filled' }));
  }

  async haveTektonBundle(name: string, table: DataTable): Promise<void> {
    await pushTektonBundle(this.#scenario, name, rowsOf(table, { kind: 'filled', name: 'filled' }));
  }

  async haveBlob(content: string, repository: string): Promise<void> {
    await pushLooseBlob(this.#scenario, repository, content);
  }

  async expectOnlyLayer(name: string, expected: string): Promise<void> {
    await expectOnlyLayer(this.#scenario, name, documentBelow(expected, 'what the layer should contain'));
  }
}
