// SPDX-License-Identifier: Apache-2.0
import { Then } from '@cucumber/cucumber';
import { expectConftest } from '../support/conftest-words.ts';
import type { StampedeWorld } from '../support/world.ts';

Then(/^running conftest "([^"]*)" produces "([^"]*)" containing:$/, async function (this: StampedeWorld, line: string, produces: string, content: string) {
  return await expectConftest(this, { line, produces, content });
});
