// SPDX-License-Identifier: Apache-2.0
import { Given, Then } from '@cucumber/cucumber';
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
