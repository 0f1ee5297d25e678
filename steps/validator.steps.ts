// SPDX-License-Identifier: Apache-2.0
import { When } from '@cucumber/cucumber';
import type { StampedeWorld } from '../support/world.ts';

// Greedy quotes: commands hold JSON.
When(/^ec command is run with "(.+)"$/, async function (this: StampedeWorld, line: string) {
  await this.run(line);
});

When(/^(\d+) ec commands are run in parallel, all held at their first request, with "(.+)"$/, async function (this: StampedeWorld, count: string, line: string) {
  await this.runTogether(line, Number(count), 'first-request');
});

When(/^(\d+) ec commands are run in parallel, all held at the shared layer, with "(.+)"$/, async function (this: StampedeWorld, count: string, line: string) {
  await this.runTogether(line, Number(count), 'together');
});

When(/^(\d+) ec commands are run in parallel, the first held when it has half of the shared layer, with "(.+)"$/, async function (this: StampedeWorld, count: string, line: string) {
  await this.runTogether(line, Number(count), 'leader-follower/middle/1');
});

When(/^(\d+) ec commands are run in parallel, all held at a layer of their own, with "(.+)"$/, async function (this: StampedeWorld, count: string, line: string) {
  await this.runTogether(line, Number(count), 'own-layers');
});

When(/^ec command is run, its first layer held until all components are under way, with "(.+)"$/, async function (this: StampedeWorld, line: string) {
  await this.runTogether(line, 1, 'components-under-way');
});
