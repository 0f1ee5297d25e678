// SPDX-License-Identifier: Apache-2.0
import { Given, Then } from '@cucumber/cucumber';
import { expectEnvelopes, expectUploaded, haveEntries, haveLog, type Signed } from '../support/log-words.ts';
import type { StampedeWorld } from '../support/world.ts';

Given(/^a log that answers with status (\d{3})$/, async function (this: StampedeWorld, status: string) {
  await this.haveFailingLog({ fault: 'status', after: 0, status: Number(status) });
});

Given(/^a log that answers after (\d+) milliseconds$/, async function (this: StampedeWorld, delay: string) {
  await this.haveFailingLog({ fault: 'slow', after: 0, delayMs: Number(delay) });
});

Given(/^a log that goes down after (\d+) requests?$/, async function (this: StampedeWorld, requests: string) {
  await this.haveFailingLog({ fault: 'down', after: Number(requests) });
});

Then('the log is consistent', async function (this: StampedeWorld) {
  await this.expectConsistentLog();
});

Then(/^some should fail and say "([^"]*)", the others should succeed$/, async function (this: StampedeWorld, expected: string) {
  await this.expectLogFailureTold(expected);
});

Given(/^a valid Rekor entry for (image signature|attestation) of "([^"]*)"$/, async function (this: StampedeWorld, signed: Signed, image: string) {
  await haveEntries(this, image, signed);
});

// What the log answers while it works: the log behind knows nothing of it.
Given('rekor entries are cleared', async function (this: StampedeWorld) {
  await haveLog(this, 'entries-cleared');
});

Given('Rekor has no entries for the signatures', async function (this: StampedeWorld) {
  await haveLog(this, 'entries-unknown');
});

Given('VSA upload to Rekor should be expected', async function (this: StampedeWorld) {
  await haveLog(this, 'upload-expected');
});

Given('Rekor upload should fail', async function (this: StampedeWorld) {
  await haveLog(this, 'upload-fails');
});

Given('VSA index search should return no results', async function (this: StampedeWorld) {
  await haveLog(this, 'index-empty');
});

Given('VSA index search should return valid VSA', async function (this: StampedeWorld) {
  await haveLog(this, 'index-has-summary');
});

Then('VSA should be uploaded to Rekor successfully', function (this: StampedeWorld) {
  expectUploaded(this);
});

Then(/^VSA envelope files should exist in "([^"]*)"$/, async function (this: StampedeWorld, folder: string) {
  await expectEnvelopes(this, folder);
});
