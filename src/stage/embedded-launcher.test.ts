// SPDX-License-Identifier: Apache-2.0
import { embeddedLauncher } from './embedded-launcher.ts';
import { launcherSuite } from './launcher.suite.ts';

launcherSuite(embeddedLauncher);
