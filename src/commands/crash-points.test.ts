// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { buildReference } from '../reference-build.ts';
import { calmDuration, callPoints, crashAt } from './crash-points.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = await buildReference({ outFile: join(root, 'dist', 'reference', 'cache-peer-test.cjs'), variant: 'test', program: 'cache-peer' });
const hasTracer = spawnSync('strace', ['-V'], { stdio: 'ignore' }).status === 0;

async function bench() {
  const folder = await mkdtemp(join(tmpdir(), 'crash-points-'));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  return { program, folder, plantedBug: '' };
}

it('kills earlier where a run has ended before its moment', async () => {
  const inUse = await bench();
  const calmMs = await calmDuration(inUse);
  expect(await crashAt({ kind: 'moment', share: 1 }, inUse, { name: 'late', calmMs: calmMs * 20 })).toMatchObject({ wasKilled: true, partial: [], leftBehind: [] });
});

it.skipIf(!hasTracer)('kills at an earlier call where a run made fewer of them than the one that was counted', async () => {
  const inUse = await bench();
  const writes = (await callPoints(inUse)).flatMap((point) => (point.kind === 'call' && point.call === 'write' ? [point.nth] : []));
  expect(await crashAt({ kind: 'call', call: 'write', nth: Math.max(...writes) + 9 }, inUse, { name: 'late', calmMs: 0 })).toMatchObject({ wasKilled: true, partial: [], leftBehind: [] });
});
