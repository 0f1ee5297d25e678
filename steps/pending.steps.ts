// SPDX-License-Identifier: Apache-2.0
import { Given, Then, When, type DataTable } from '@cucumber/cucumber';
import { pending } from '../support/pending.ts';
import type { StampedeWorld } from '../support/world.ts';

// Feature files for a validator say these words too. What they need is not on stage, so they are known and say why.

Given(/^a (?:cluster running|working namespace)$/, function (this: StampedeWorld) {
  return pending(this, 'cluster');
});

Given(/^a (?:cluster policy|policy config|snapshot artifact) with content:$/, function (this: StampedeWorld, _content: string) {
  return pending(this, 'cluster');
});

Given(/^a (?:golden container policy|basic policy with known public key|policy for SLSA provenance checking)$/, function (this: StampedeWorld) {
  return pending(this, 'cluster');
});

Given(/^a namespace named "[^"]*" exists$/, function (this: StampedeWorld) {
  return pending(this, 'cluster');
});

Given(/^a ConfigMap "[^"]*" in namespace "[^"]*" with content:$/, function (this: StampedeWorld, _content: string) {
  return pending(this, 'cluster');
});

When(/^version [\d.]+ of the (?:task|pipeline)(?: named "[^"]*")?(?: with workspace "[^"]*")? is run with parameters:$/, function (this: StampedeWorld, _parameters: DataTable) {
  return pending(this, 'cluster');
});

Then(/^the pipeline TEST_OUTPUT should report "[^"]*"$/, function (this: StampedeWorld) {
  return pending(this, 'cluster');
});

Then(/^the task result "[^"]*" should equal "[^"]*"$/, function (this: StampedeWorld) {
  return pending(this, 'cluster');
});

Then(/^the (?:task|pipeline) should (?:succeed|fail)$/, function (this: StampedeWorld) {
  return pending(this, 'cluster');
});

Then(/^the task (?:logs for step "[^"]*"|results) should match the snapshot$/, function (this: StampedeWorld) {
  return pending(this, 'cluster');
});

Then(/^the task logs for step "[^"]*" should contain (?:"[^"]*"|`[^`]*`)$/, function (this: StampedeWorld) {
  return pending(this, 'cluster');
});

Then(/^the task env var for step "[^"]*" named "[^"]*" should be set to "[^"]*"$/, function (this: StampedeWorld) {
  return pending(this, 'cluster');
});

Given(/^a signed and attested keyless image named "[^"]*"$/, function (this: StampedeWorld) {
  return pending(this, 'keyless');
});

Given('a initialized tuf root', function (this: StampedeWorld) {
  return pending(this, 'rootOfTrust');
});
