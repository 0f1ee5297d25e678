// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { heldAfter, isBodyPosition, type BodyPosition } from './gate.ts';
import type { GateAction } from './gate-action.ts';
import type { BodyStop } from './gate-keeper.ts';
import { HeldBody, type BodyEnd } from './held-body.ts';

const body = Buffer.from('abcdefghijklmnopqrstuvwxyz');

async function* inChunks(size: number): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < body.length; offset += size) yield await Promise.resolve(body.subarray(offset, offset + size));
}

interface Passed {
  /** What was through when each stop was reached. */
  readonly through: readonly number[];
  readonly parts: readonly string[];
  readonly text: string;
  readonly counted: number;
  readonly end: BodyEnd;
  readonly struck: number;
}

async function pass(places: readonly number[], size: number, action: GateAction = 'go'): Promise<Passed> {
  const through: number[] = [];
  const parts: string[] = [];
  let struck = 0;
  const stops: readonly BodyStop[] = places.map((afterBytes) => ({
    afterBytes,
    hold: async () => {
      through.push(parts.join('').length);
      return await Promise.resolve(action);
    },
    struck: () => void (struck += 1),
    mayEnd: false,
  }));
  const held = new HeldBody(stops, new AbortController().signal);
  for await (const chunk of held.through(inChunks(size))) parts.push(chunk.toString());
  return { through, parts, text: parts.join(''), counted: held.bytes, end: held.end, struck };
}

describe('a held body', () => {
  it.each([1, 3, 5, 13, 100])('stands at each place and is not changed, in chunks of %d', async (size) => {
    expect(await pass([0, 1, 13, 25], size)).toMatchObject({ through: [0, 1, 13, 25], text: body.toString(), counted: 26, end: 'whole', struck: 0 });
  });

  it('gets one other byte where it is told to', async () => {
    const { text, struck } = await pass([13], 100, 'wrong-bytes');
    expect([...text].filter((letter, index) => letter !== body.toString()[index])).toHaveLength(1);
    expect(text[13]).not.toBe('n');
    expect(struck).toBe(1);
  });

  it('is not struck where no byte comes after', async () => {
    expect(await pass([26], 100, 'wrong-bytes')).toMatchObject({ through: [26], text: body.toString(), struck: 0 });
    expect(await pass([27], 100, 'wrong-bytes')).toMatchObject({ through: [], text: body.toString(), struck: 0 });
  });

  it.each([['reset', 'reset'], ['kill', 'reset'], ['cut', 'cut'], ['short-body', 'short']] as const)('ends on %s', async (action, end) => {
    expect(await pass([13], 5, action)).toMatchObject({ text: 'abcdefghijklm', counted: 13, end });
  });

  it('comes in small parts for a while, then as before', async () => {
    const { parts, text, struck } = await pass([2], 100, { kind: 'trickle', bytes: 3, everyMs: 1, times: 4 });
    expect(parts.map((part) => part.length)).toEqual([2, 3, 3, 3, 3, 12]);
    expect([text, struck]).toEqual([body.toString(), 1]);
  });

  it('comes later, and whole', async () => {
    const before = performance.now();
    expect(await pass([13], 100, { kind: 'delay', ms: 60 })).toMatchObject({ text: body.toString(), end: 'whole' });
    expect(performance.now() - before).toBeGreaterThan(55);
  });
});

it.each([['headers', 0], ['first-byte', 1], ['thousandth', 524], ['middle', 262_370], ['all-but-one', 524_740], ['byte-17', 17]] as readonly (readonly [BodyPosition, number])[])('%s is after %d bytes', (position, bytes) => {
  expect(heldAfter(position, 524_741)).toBe(bytes);
  expect(isBodyPosition(position)).toBe(true);
});

it('has no place in what is empty but the beginning, and keeps one that is beyond', () => {
  expect((['headers', 'first-byte', 'thousandth', 'middle', 'all-but-one'] as const).map((position) => heldAfter(position, 0))).toEqual([0, 0, 0, 0, 0]);
  expect(heldAfter('byte-17', 3)).toBe(17);
  expect(['byte-', 'byte-01', 'byte-1.5', 'byte--1', 'end', 'rename-1'].filter(isBodyPosition)).toEqual([]);
});
