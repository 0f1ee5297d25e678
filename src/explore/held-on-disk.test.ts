// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { arrived, blobRequest, file, historyOf, known, layer, looked } from '../checkers/test-history.ts';
import type { EventBody } from '../history/event.ts';
import { heldOnDisk } from './held-on-disk.ts';

const asked = blobRequest(1, 'GET', layer.digest);
const inBody = { ...arrived('leader', 'a'), afterBytes: 5 } as EventBody;
const look = looked('held', 1);

it.each([
  ['the entry', [file('held', layer.digest, 'prefix'), look], true],
  ['the tar', [file('held', layer.diffId, 'prefix'), look], true],
  ['an unfinished file that is named after it', [file('held', `${layer.digest}.17.tmp`, 'foreign'), look], true],
  ['an empty file', [file('held', layer.digest, 'prefix', ''), look], false],
  ['another layer', [file('held', `sha256:${'b'.repeat(64)}`, 'unknown-content'), look], false],
  ['a lock', [file('held', 'lock', 'foreign'), look], false],
  ['the entry, but only afterwards', [look, file('after', layer.digest, 'exact'), looked('after', 1)], false],
  ['nothing, as nobody looked', [file('held', layer.digest, 'prefix')], undefined],
] as const)('tells of %s', (_, seen, expected) => {
  expect(heldOnDisk(historyOf(known, asked, inBody, ...seen))).toBe(expected);
});

it('knows nothing where no body was held', () => {
  expect(heldOnDisk(historyOf(known, asked, arrived('leader', 'a'), file('held', layer.digest, 'prefix'), look))).toBeUndefined();
});
