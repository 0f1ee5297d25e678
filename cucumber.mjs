// SPDX-License-Identifier: Apache-2.0
// For editors and tools that look for it: the glue. To run features, use `npm run acceptance`, which starts the stage.
export default {
  import: ['support/register-typescript.mjs', 'support/**/*.ts', 'steps/**/*.ts'],
};
