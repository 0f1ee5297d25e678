// SPDX-License-Identifier: Apache-2.0
import { Given } from '@cucumber/cucumber';
import { haveTuf } from '../support/stage-words.ts';
import type { StampedeWorld } from '../support/world.ts';

// The stage is up before the first scenario; these words are kept because feature files say them.
Given(/^stub (?:git daemon|registry|rekord) running$/, () => undefined);
Given(/^(?:a stub cluster|stub apiserver) running$/, () => undefined);

// Of each scenario's own: a folder that clients write to.
Given('stub tuf running', async function (this: StampedeWorld) {
  await haveTuf(this);
});
