// SPDX-License-Identifier: Apache-2.0
import { Then } from '@cucumber/cucumber';
import type { StampedeWorld } from '../support/world.ts';

Then(/^(?:the|every) exit status should be (\d+)$/, async function (this: StampedeWorld, status: string) {
  await this.expectStatus(Number(status));
});

Then('the output should match the snapshot', async function (this: StampedeWorld) {
  await this.expectOutputSnapshot();
});

Then('each output should match the snapshot', async function (this: StampedeWorld) {
  await this.expectEachOutputSnapshot();
});

Then(/^the "([^"]*)" file should match the snapshot$/, async function (this: StampedeWorld, name: string) {
  await this.expectFileSnapshot(name);
});

Then('the standard output should contain', async function (this: StampedeWorld, expected: string) {
  await this.expectContains('stdout', expected);
});

Then('the standard error should contain', async function (this: StampedeWorld, expected: string) {
  await this.expectContains('stderr', expected);
});

Then(/^the log output should contain "([^"]*)"$/, async function (this: StampedeWorld, expected: string) {
  await this.expectLog(expected);
});

Then('the runs should have overlapped', function (this: StampedeWorld) {
  this.expectVerdict('overlapped');
});

Then('every layer should have been read through the cache', function (this: StampedeWorld) {
  this.expectVerdict('layersRead');
});

Then('each layer should have been fetched once', function (this: StampedeWorld) {
  this.expectVerdict('fetchedOnce');
});

Then('no layer should have been fetched', function (this: StampedeWorld) {
  this.expectVerdict('nothingFetched');
});

Then('the cache should be empty', function (this: StampedeWorld) {
  this.expectVerdict('cacheEmpty');
});

Then('the cache should be intact', function (this: StampedeWorld) {
  this.expectVerdict('cacheIntact');
});

Then('every outcome should equal that of a run alone without cache', async function (this: StampedeWorld) {
  await this.expectOutcomesAgree();
});
