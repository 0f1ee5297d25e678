// SPDX-License-Identifier: Apache-2.0
import { Given, type DataTable } from '@cucumber/cucumber';
import { haveFileAsWritten } from '../support/file-words.ts';
import type { StampedeWorld } from '../support/world.ts';

Given(/^a git repository named "([^"]*)" with$/, async function (this: StampedeWorld, name: string, files: DataTable) {
  await this.haveRepository(name, files);
});

Given(/^policy configuration named "([^"]*)" with specification$/, async function (this: StampedeWorld, name: string, specification: string) {
  await this.havePolicy(name, specification);
});

Given(/^an Snapshot named "([^"]*)" with specification$/, async function (this: StampedeWorld, name: string, specification: string) {
  await this.haveSnapshotObject(name, specification);
});

Given(/^a file named "([^"]*)" containing$/, async function (this: StampedeWorld, name: string, content: string) {
  await this.haveFile(name, content);
});

Given(/^a track bundle file named "([^"]*)" containing$/, async function (this: StampedeWorld, name: string, content: string) {
  await this.haveFile(name, content);
});

// Pipelines have variables of their own, which look the same.
Given(/^a pipeline definition file named "([^"]*)" containing$/, async function (this: StampedeWorld, name: string, content: string) {
  await haveFileAsWritten(this, name, content);
});

Given(/^the environment variable is set "([^"]*)"$/, async function (this: StampedeWorld, line: string) {
  await this.haveVariable(line);
});
