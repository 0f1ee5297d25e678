// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { heldAfter, type BodyPosition, type GateAction } from './gate.ts';
import type { BodyStop } from './gate-keeper.ts';
import { heldAt } from './held-body.ts';

const body = Buffer.from('abcdefghijklmnopqrstuvwxyz');

async function* inChunks(size: number): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < body.length; offset += size) yield await Promise.resolve(body.subarray(offset, offset + size));
}

/** What was through when each stop was reached, and what came out in the end. */
async function pass(places: readonly number[], size: number, action: GateAction = 'go'): Promise<{ readonly through: readonly number[]; readonly text: string; readonly counted: number }> {
  const through: number[] = [];
  let text = '';
  let counted = 0;
  const stops: readonly BodyStop[] = places.map((afterBytes) => ({
    afterBytes,
    hold: async () => {
      through.push(text.length);
      return await Promise.resolve(action);
    },
  }));
  for await (const chunk of heldAt(stops, new AbortController().signal, (bytes) => (counted += bytes))(inChunks(size))) text += chunk.toString();
  return { through, text, counted };
}

describe('heldAt', () => {
  it.each([1, 3, 5, 13, 100])('stands at each place and changes nothing, in chunks of %d', async (size) => {
    expect(await pass([0, 1, 13, 25], size)).toEqual({ through: [0, 1, 13, 25], text: body.toString(), counted: 26 });
  });

  it('changes one byte where it is told to', async () => {
    const { text } = await pass([13], 100, 'wrong-bytes');
    expect([...text].filter((letter, index) => letter !== body.toString()[index])).toHaveLength(1);
    expect(text[13]).not.toBe('n');
  });

  it.each(['reset', 'kill'] as const)('breaks off on %s', async (action) => {
    await expect(pass([13], 5, action)).rejects.toThrow('broken off');
  });
});

it.each([['headers', 0], ['first-byte', 1], ['thousandth', 524], ['middle', 262_370], ['all-but-one', 524_740]] as readonly (readonly [BodyPosition, number])[])('%s is after %d bytes', (position, bytes) => {
  expect(heldAfter(position, 524_741)).toBe(bytes);
  expect(heldAfter(position, 0)).toBe(0);
});
