// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isGoSnaps, parseGoSnaps } from './go-snaps.ts';

const parse = (text: string | Uint8Array) => parseGoSnaps(typeof text === 'string' ? Buffer.from(text) : text, 'a.snap');

/** As go-snaps writes it. */
function block(name: string, text: string): string {
  return `\n[${name}]\n${text.split('\n').map((line) => (line === '---' ? '/-/-/-/' : line)).join('\n')}\n---\n`;
}

describe('parseGoSnaps', () => {
  it('reads names, numbers, contents and lines', () => {
    expect(parse('[a:stdout - 1]\n{\n  "b": 1\n}\n---\n\n[a:stderr - 1]\n\n---\n[a: b - c:${TMPDIR}/out - 12]\nfailed\n\n---\n')).toEqual([
      { name: 'a:stdout', number: 1, text: '{\n  "b": 1\n}', line: 1 },
      { name: 'a:stderr', number: 1, text: '', line: 7 },
      { name: 'a: b - c:${TMPDIR}/out', number: 12, text: 'failed\n', line: 10 },
    ]);
  });

  it('reads an escaped end, line ends of both kinds, and nothing', () => {
    expect(parse(block('a:stdout - 1', 'one\n---\n/-/-/-/ \n--- \ntwo'))[0]?.text).toBe('one\n---\n/-/-/-/ \n--- \ntwo');
    expect(parse(block('a:stdout - 1', 'one\ntwo\n').replaceAll('\n', '\r\n'))[0]?.text).toBe('one\ntwo\n');
    expect(parse('')).toEqual([]);
    expect(parse('\n\n')).toEqual([]);
  });

  it('reads whatever go-snaps may have written', () => {
    const content = fc.string({ unit: fc.constantFrom('a', '\n', '-', '---', ' ', '[', '✓', '\n---\n', '\u001b', '\u0000') });
    fc.assert(
      fc.property(fc.array(content), (texts) => {
        expect(parse(texts.map((text, index) => block(`n:o - ${index + 1}`, text)).join('')).map(({ text }) => text)).toEqual(texts);
      }),
    );
  });

  it.each([
    ['text between entries', '[a:b - 1]\nx\n---\nhello\n', 4, '[name - number] is expected here, not "hello"'],
    ['a name without a number', '\n[a:b]\nx\n---\n', 2, '[name - number] is expected here, not "[a:b]"'],
    ['an entry without a name', '[ - 1]\nx\n---\n', 1, '[name - number] is expected here'],
    ['a number that is none', '[a:b - 0]\nx\n---\n', 1, '[name - number] is expected here'],
    ['an end without a beginning', '---\n', 1, '[name - number] is expected here, not "---"'],
    ['a merge conflict', '<<<<<<< ours\n[a:b - 1]\nx\n---\n', 1, 'is expected here, not "<<<<<<< ours"'],
    ['a block without an end', '[a:b - 1]\nx\n---\n\n[c:d - 1]\ny\n', 5, '[c:d - 1] has no line --- before the end of the file'],
    ['a block that the next one ends', '[a:b - 1]\nx\n\n[c:d - 1]\ny\n---\n', 1, '[a:b - 1] has no line --- before the next one at line 4'],
    ['the same entry twice', '[a:b - 1]\nx\n---\n\n[a:b - 1]\nx\n---\n', 5, '[a:b - 1] was there before, at line 1'],
    ['control characters in a name', '[a\u001b[2J:b - 1]\nx\n---\n', 1, 'the name "a\\u001b[2J:b" has control characters'],
    ['C1 control characters in a name', '[a\u009b2J:b - 1]\nx\n---\n', 1, 'the name "a\\u009b2J:b" has control characters'],
  ])('says where there is %s', (_, text, line, what) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'SNAPSHOT_FILE_MALFORMED', message: expect.stringContaining(`a.snap:${line}: `) as string }) as Error);
    expect(() => parse(text)).toThrow(what);
  });

  it('says which line is no text', () => {
    const bytes = Buffer.concat([Buffer.from('[a:b - 1]\n✓\n'), Buffer.from([0xff, 0xfe, 0x0a]), Buffer.from('---\n')]);
    expect(() => parse(bytes)).toThrow('a.snap:3: it is no UTF-8');
  });

  it('shows of a long line its beginning', () => {
    expect(() => parse('x'.repeat(1_000_000))).toThrow(new RegExp(`not "x{80}\\.\\.\\."$`));
  });

  it('reads many entries in little time', () => {
    const text = Array.from({ length: 20_000 }, (_, index) => block(`scenario ${index}:stdout - 1`, '{\n  "a": 1\n}')).join('');
    expect(parse(text)).toHaveLength(20_000);
  }, 5_000);
});

describe('isGoSnaps', () => {
  it.each(['[a:stdout - 1]\nx\n---\n', '\n\n[a - 12]\r\n\r\n---\r\n'])('knows %j', (text) => expect(isGoSnaps(text)).toBe(true));
  it.each(['', '// Jest Snapshot v1, https://jestjs.io/docs/snapshot-testing\n', '[a]\n', '{"a": 1}', '<<<<<<< ours\n[a - 1]\n'])('does not take %j for one', (text) => expect(isGoSnaps(text)).toBe(false));
});
