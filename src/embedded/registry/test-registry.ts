// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { startRegistry } from '../registry.ts';
import type { EmbeddedServer } from '../server.ts';
import { testClient } from './test-client.ts';

/** A registry for all tests of a file, in a folder of its own, and a client that speaks to it. */
export function testRegistry() {
  let directory = '';
  let registry: EmbeddedServer;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'registry-test-'));
    registry = await startRegistry({ directory });
  });
  afterAll(async () => {
    await registry.close();
    await rm(directory, { recursive: true });
  });
  return { ...testClient(() => registry.url), url: () => registry.url, directory: () => directory };
}
