// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { connectEngine, type Engine } from './engine.ts';

export const projectComposeFile = fileURLToPath(new URL('../../docker-compose.yml', import.meta.url));

/** The engine that tests use; without one they are skipped, said aloud, unless STAMPEDE_REQUIRE_ENGINE is set. */
export async function testEngine(): Promise<Engine | undefined> {
  try {
    return await connectEngine();
  } catch (error) {
    if (process.env['STAMPEDE_REQUIRE_ENGINE'] === '1') throw error;
    process.stderr.write('skipped: tests in containers, no engine answers (set DOCKER_HOST, or start one)\n');
    return undefined;
  }
}
