// SPDX-License-Identifier: Apache-2.0
import { When } from '@cucumber/cucumber';
import type { StampedeWorld } from '../support/world.ts';

// Greedy quotes: commands hold JSON.
When(/^ec command is run with "(.+)"$/, async function (this: StampedeWorld, line: string) {
  await this.run(line);
});

When(/^(\d+) ec commands are run in parallel, all held at their first request, with "(.+)"$/, async function (this: StampedeWorld, count: string, line: string) {
  await this.run(line, Number(count), 'first-request');
});

When(/^(\d+) ec commands are run in parallel, all held at the shared layer, with "(.+)"$/, async function (this: StampedeWorld, count: string, line: string) {
  await this.run(line, Number(count), 'shared-layer');
});

When(/^(\d+) ec commands are run in parallel, the first held when it has half of the shared layer, with "(.+)"$/, async function (this: StampedeWorld, count: string, line: string) {
  await this.run(line, Number(count), 'half-layer');
});

When(/^(\d+) ec commands are run in parallel, all held at a layer of their own, with "(.+)"$/, async function (this: StampedeWorld, count: string, line: string) {
  await this.run(line, Number(count), 'own-layer');
});

When(/^ec command is run, its first layer held until all components are under way, with "(.+)"$/, async function (this: StampedeWorld, line: string) {
  await this.run(line, 1, 'components');
});
