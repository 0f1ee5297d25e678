// SPDX-License-Identifier: Apache-2.0
import { Given, type DataTable } from '@cucumber/cucumber';
import type { StampedeWorld } from '../support/world.ts';

Given(/^a key pair named "([^"]*)"$/, async function (this: StampedeWorld, name: string) {
  await this.haveKeyPair(name);
});

Given(/^an image named "([^"]*)"$/, async function (this: StampedeWorld, name: string) {
  await this.haveImage(name);
});

Given(/^an image named "([^"]*)" containing a layer with:$/, async function (this: StampedeWorld, name: string, files: DataTable) {
  await this.haveImageWithFiles(name, files);
});

Given(/^the image "([^"]*)" has labels:$/, async function (this: StampedeWorld, name: string, labels: DataTable) {
  await this.haveLabels(name, labels);
});

Given(/^a valid image signature of "([^"]*)" image signed by the "([^"]*)" key$/, async function (this: StampedeWorld, image: string, key: string) {
  await this.haveSignature(image, key);
});

Given(/^a valid attestation of "([^"]*)" signed by the "([^"]*)" key$/, async function (this: StampedeWorld, image: string, key: string) {
  await this.haveAttestation(image, key);
});

Given(/^a valid slsa v1 attestation of "([^"]*)" signed by the "([^"]*)" key$/, async function (this: StampedeWorld, image: string, key: string) {
  await this.haveAttestation(image, key, 'slsa-v1');
});

// How a signature gets to be trusted: with the log's promise beside it (as above), by asking the log, or not at all.
Given(/^an image signature of "([^"]*)" signed by the "([^"]*)" key that only the log knows$/, async function (this: StampedeWorld, image: string, key: string) {
  await this.haveSignature(image, key, 'online');
});

Given(/^an attestation of "([^"]*)" signed by the "([^"]*)" key that only the log knows$/, async function (this: StampedeWorld, image: string, key: string) {
  await this.haveAttestation(image, key, 'slsa-v0.2', 'online');
});

Given(/^an image signature of "([^"]*)" signed by the "([^"]*)" key that was never logged$/, async function (this: StampedeWorld, image: string, key: string) {
  await this.haveSignature(image, key, 'unlogged');
});

Given(
  /^(\d+) operator bundle images named "([^"]*)" that share a layer, signed and attested by the "([^"]*)" key$/,
  async function (this: StampedeWorld, count: string, name: string, key: string) {
    await this.haveBundles(Number(count), name, key);
  },
);

Given(/^an operator bundle image named "([^"]*)" whose layers have one size, signed and attested by the "([^"]*)" key$/, async function (this: StampedeWorld, name: string, key: string) {
  await this.haveBundleOfEqualSizes(name, key);
});
