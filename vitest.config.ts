// SPDX-License-Identifier: Apache-2.0
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Real processes and sockets: what hangs must end by its own deadline, long before these. Much of it waits, so there is one worker more than there are processors.
export default defineConfig({
  test: { include: ['src/**/*.test.ts', 'support/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000, pool: 'forks', maxWorkers: availableParallelism() + 1, reporters: ['default'] },
});
