// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { hasCode, type StampedeError } from '../foundation/errors.ts';
import { connectEngine } from './engine.ts';

afterEach(() => void vi.unstubAllEnvs());

/** Only root can become somebody who may not. */
describe.skipIf(process.getuid?.() !== 0)('a socket that belongs to others', () => {
  it('is told as such, and not as an engine that is not there', async () => {
    const folder = mkdtempSync('/tmp/engine-test-');
    chmodSync(folder, 0o755);
    const path = join(folder, 's');
    const engine = createServer().listen(path);
    await once(engine, 'listening');
    chmodSync(path, 0o600);
    onTestFinished(() => (engine.close(), rmSync(folder, { recursive: true })));
    vi.stubEnv('DOCKER_HOST', `unix://${path}`);
    process.seteuid!(65534);
    const error = await connectEngine().then(() => undefined, (failure: unknown) => failure).finally(() => process.seteuid!(0));
    expect(hasCode(error, 'ENGINE_MISSING')).toBe(true);
    expect((error as Error).message).toBe(`this user may not use the container engine at ${path}`);
    expect((error as StampedeError).hint).toContain('--stage embedded');
  });
});
