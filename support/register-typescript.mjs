// SPDX-License-Identifier: Apache-2.0
// Cucumber's forked workers start without a loader for TypeScript; the command itself has one.
import { register } from 'tsx/esm/api';

if (process.env.CUCUMBER_WORKER_ID !== undefined) register();
