// SPDX-License-Identifier: Apache-2.0
import { Given, Then, type DataTable } from '@cucumber/cucumber';
import type { StampedeWorld } from '../support/world.ts';

Given(/^a valid attestation of "([^"]*)" signed by the "([^"]*)" key, patched with$/, async function (this: StampedeWorld, image: string, key: string, patches: DataTable) {
  await this.artifacts.havePatchedAttestation(image, key, 'slsa-v0.2', patches);
});

Given(/^a valid slsa v1 attestation of "([^"]*)" signed by the "([^"]*)" key, patched with$/, async function (this: StampedeWorld, image: string, key: string, patches: DataTable) {
  await this.artifacts.havePatchedAttestation(image, key, 'slsa-v1', patches);
});

Given(/^an image named "([^"]*)" with (signature|attestation) from "([^"]*)"$/, async function (this: StampedeWorld, image: string, attachment: 'signature' | 'attestation', from: string) {
  await this.artifacts.haveBorrowed(image, attachment, from);
});

Given(/^all images relating to "([^"]*)" are copied to "([^"]*)"$/, async function (this: StampedeWorld, from: string, to: string) {
  await this.artifacts.haveCopies(from, to);
});

Given(/^a OCI policy bundle named "([^"]*)" with$/, async function (this: StampedeWorld, name: string, files: DataTable) {
  await this.artifacts.havePolicyBundle(name, files);
});

Given(/^an OCI blob with content "([^"]*)" in the repo "([^"]*)"$/, async function (this: StampedeWorld, content: string, repository: string) {
  await this.artifacts.haveBlob(content, repository);
});

Given(/^a tekton bundle image named "([^"]*)" containing$/, async function (this: StampedeWorld, name: string, objects: DataTable) {
  await this.artifacts.haveTektonBundle(name, objects);
});

Then(/^registry image "([^"]*)" should contain a layer with$/, async function (this: StampedeWorld, name: string, content: string) {
  await this.artifacts.expectOnlyLayer(name, content);
});
