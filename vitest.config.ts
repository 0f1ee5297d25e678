// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';

// Real processes and sockets: what hangs must end by its own deadline, long before these. Much of it waits, so no processor is left out.
export default defineConfig({
  test: { include: ['src/**/*.test.ts', 'support/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000, pool: 'forks', maxWorkers: '100%', reporters: ['default'] },
});
