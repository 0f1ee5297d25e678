// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { GateRule } from '../faults/gate.ts';
import { fewerGates, leastOf, reductionsOf } from './reductions.ts';

const size = { participants: 5, shape: { layers: 3, layerBytes: 512 * 1024, flags: ['--workers', '8', '--show-successes'] } };

describe('what can be taken away', () => {
  it('is tried all at once first', () => {
    expect(leastOf(size, 'leader-follower/middle/1')).toEqual({
      size: { participants: 2, shape: { layers: 1, layerBytes: 4096, flags: [] } },
      words: 'participants 5 → 2, layers of each image 3 → 1, bytes of a layer 524288 → 4096, flags --workers 8 --show-successes → none',
    });
  });

  it('is nothing where it is as small as can be', () => {
    const least = { participants: 2, shape: { layers: 1, layerBytes: 4096, flags: [] } };
    expect(leastOf(least, 'together')).toBeUndefined();
    expect(reductionsOf(least, 'together').flat()).toEqual([]);
  });

  it('goes down step by step where it is not', () => {
    expect(reductionsOf(size, 'together').map((those) => those.map(({ words }) => words))).toEqual([
      ['participants 5 → 2', 'participants 5 → 3', 'participants 5 → 4'],
      ['flags --workers 8 --show-successes → none', 'flags --workers 8 --show-successes → --show-successes', 'flags --workers 8 --show-successes → --workers 8'],
      ['layers of each image 3 → 1', 'layers of each image 3 → 2'],
      ['bytes of a layer 524288 → 4096', 'bytes of a layer 524288 → 65536', 'bytes of a layer 524288 → 262144'],
    ]);
  });

  it('is no layer of its own where the schedule is about one: on the shared layer, waiting is right', () => {
    for (const schedule of ['bystander/middle/1', 'own-layers']) {
      expect(leastOf(size, schedule)?.size.shape.layers).toBe(2);
      expect(reductionsOf(size, schedule)[2]?.map(({ words }) => words)).toEqual(['layers of each image 3 → 2']);
    }
  });
});

describe('gates', () => {
  const leader: GateRule = { name: 'leader', hold: { resource: 'blob', references: ['sha256:a'], participants: ['validator-1'] }, until: { kind: 'standstill', parties: 'participant', count: 2 }, timeoutMs: 100, at: 'middle' };
  const others: GateRule = { name: 'others', hold: { resource: 'manifest', participants: ['validator-2'] }, until: { kind: 'reached', parties: 'participant', count: 1, gate: 'leader' }, timeoutMs: 100 };
  const names = ['validator-1', 'validator-2'];

  it('go one at a time, where those that are left still make sense', () => {
    // Without the leader's, the others would wait for a gate that there is not.
    expect(fewerGates({ gates: [leader, others] }, names).map(({ words, forced }) => [words, forced.gates])).toEqual([['the gate "others" → none', [leader]]]);
  });

  it('do not all go: what comes then, comes by luck', () => {
    expect(fewerGates({ gates: [leader] }, names)).toEqual([]);
  });
});
