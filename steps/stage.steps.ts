// SPDX-License-Identifier: Apache-2.0
import { Given } from '@cucumber/cucumber';

// The stage is up before the first scenario; these words are kept because feature files say them.
Given(/^stub (?:git daemon|registry|rekord) running$/, () => undefined);
Given(/^a stub cluster running$/, () => undefined);
