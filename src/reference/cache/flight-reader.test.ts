// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { createFlightReader, type FlightReader } from './flight-reader.ts';

const chunk = Buffer.alloc(64 * 1024, 'chunk');
const mebibyte = 1024 * 1024;

/** A reader, and from where it took its rest out of an entry. */
function open(isLate = false): { readonly reader: FlightReader; readonly rests: number[] } {
  const rests: number[] = [];
  const rest = async function* (offset: number): AsyncGenerator<Buffer> {
    rests.push(offset);
    yield await Promise.resolve(Buffer.from('rest'));
  };
  return { reader: createFlightReader(rest, isLate), rests };
}

function push(reader: FlightReader, times: number): readonly boolean[] {
  return Array.from({ length: times }, () => reader.push(chunk));
}

async function all(reader: FlightReader): Promise<number> {
  let size = 0;
  for await (const bytes of reader.bytes()) size += bytes.length;
  return size;
}

describe('a reader', () => {
  it('that keeps up has everything out of the download', async () => {
    const { reader, rests } = open();
    const reading = all(reader);
    for (let turn = 0; turn < 100; turn += 1) {
      push(reader, 1);
      await new Promise(setImmediate);
    }
    reader.settle({ kind: 'fetched' });
    expect([await reading, rests]).toEqual([100 * chunk.length, []]);
  });

  it('that does not holds a mebibyte and a chunk at most, asks for a break before, and has the rest out of the entry', async () => {
    const { reader, rests } = open();
    const asks = push(reader, 1000);
    expect([asks[0], asks[10], asks[999]]).toEqual([false, true, false]);
    reader.settle({ kind: 'fetched' });
    expect([await all(reader), rests]).toEqual([mebibyte + chunk.length + 4, [mebibyte + chunk.length]]);
  });

  it.each([['late', true, 'fetched'], ['of an entry that was there', false, 'found']] as const)('%s has everything out of the entry', async (_how, isLate, kind) => {
    const { reader, rests } = open(isLate);
    if (isLate) push(reader, 3);
    reader.settle({ kind });
    expect([await all(reader), rests]).toEqual([4, [0]]);
  });

  it('is told of a failure after what came before', async () => {
    const { reader } = open();
    push(reader, 2);
    reader.settle({ kind: 'failed', error: new Error('reset') });
    const chunks = reader.bytes();
    expect([(await chunks.next()).done, (await chunks.next()).done]).toEqual([false, false]);
    await expect(chunks.next()).rejects.toThrow('reset');
  });

  it('is waited for while it reads, and when it stands still no longer than two seconds', async () => {
    const { reader, rests } = open();
    push(reader, 10);
    const reading = reader.bytes();
    const waiting = reader.taken();
    // Ten chunks wait; four of them are no reason to.
    for (let turn = 0; turn < 6; turn += 1) await reading.next();
    await waiting;
    push(reader, 6);
    await reader.taken();
    push(reader, 10);
    reader.settle({ kind: 'fetched' });
    for await (const _bytes of reading);
    expect(rests).toEqual([16 * chunk.length]);
  });

  it('that left is not waited for', async () => {
    const { reader } = open();
    push(reader, 10);
    const waiting = reader.taken();
    reader.settle({ kind: 'failed', error: new Error('nobody reads any more') });
    await waiting;
  });
});
