// SPDX-License-Identifier: Apache-2.0
// The command has loaded TypeScript already; Cucumber's forked workers, and cucumber-js by itself, have not.
import { register } from 'tsx/esm/api';

const isWorker = process.env.CUCUMBER_WORKER_ID !== undefined;
const isByItself = process.env.STAMPEDE_RUN_CONTEXT === undefined;
if (isWorker || isByItself) register();
