// SPDX-License-Identifier: Apache-2.0
import { Then, When } from '@cucumber/cucumber';
import type { StampedeWorld } from '../support/world.ts';

// The words between the cache and the command are a small grammar of their own: src/explore/words.ts.
When(/^(\d+) validators? shares? (one .+?), with "(.+)"$/, async function (this: StampedeWorld, count: string, words: string, line: string) {
  await this.runAsTold(line, { who: 'validators', count: Number(count), words });
});

When(/^(\d+) components? of one validator shares? (one .+?), with "(.+)"$/, async function (this: StampedeWorld, count: string, words: string, line: string) {
  await this.runAsTold(line, { who: 'components', count: Number(count), words });
});

Then('every validator reports what a serial run without cache reports', async function (this: StampedeWorld) {
  await this.expectOutcomesAgree();
});

Then('no cache entry was ever visible half-written', function (this: StampedeWorld) {
  this.expectVerdict('neverHalfWritten');
});

Then('the shared layer was fetched once', function (this: StampedeWorld) {
  this.expectVerdict('sharedFetchedOnce');
});

Then('no validator hangs', function (this: StampedeWorld) {
  this.expectVerdict('ended');
});

Then('nobody waits for the first one', function (this: StampedeWorld) {
  this.expectVerdict('notDelayed');
});

Then('the failure is told', function (this: StampedeWorld) {
  this.expectVerdict('failureTold');
});

Then('the layer whose download failed is asked for again', function (this: StampedeWorld) {
  this.expectVerdict('askedAgain');
});

Then('the trouble with the cache is told', function (this: StampedeWorld) {
  this.expectVerdict('troubleTold');
});

Then('a later run on what is left comes out right', async function (this: StampedeWorld) {
  await this.expectLaterRun();
});

Then('a later run on what is left fetches nothing', async function (this: StampedeWorld) {
  await this.expectLaterRun('nothingFetched');
});

// By its name, where no words say it: `npm run explore -- --list` has the names.
When(/^(\d+) validators meet under the schedule "([^"]+)", with "(.+)"$/, async function (this: StampedeWorld, count: string, schedule: string, line: string) {
  await this.runTogether(line, Number(count), schedule);
});
