// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalise } from './normalise.ts';

const none = new Map<string, string>();

describe('normalise, known values', () => {
  it('names each value wherever it stands', () => {
    const known = new Map([['REKOR', 'http://127.0.0.1:4000']]);
    expect(normalise('at http://127.0.0.1:4000, http://127.0.0.1:4000/api', known)).toBe('at ${REKOR}, ${REKOR}/api');
  });

  it('replaces the longest first, whatever the order', () => {
    const values: [string, string][] = [['SHORT', '/tmp/run'], ['LONG', '/tmp/run/keys/known.pub'], ['MIDDLE', '/tmp/run/keys']];
    const text = '/tmp/run/keys/known.pub /tmp/run/keys/other /tmp/run/x';
    for (const order of [values, [...values].reverse()]) expect(normalise(text, new Map(order))).toBe('${LONG} ${MIDDLE}/other ${SHORT}/x');
  });

  it('does not let a shorter value that begins earlier cut a longer one', () => {
    expect(normalise('abcdefghijkl', new Map([['LATE', 'cdefghijkl'], ['EARLY', 'abcdef']]))).toBe('ab${LATE}');
  });

  it('takes the first name of two with equal values, in the order of the alphabet', () => {
    expect(normalise('same-value', new Map([['B', 'same-value'], ['A', 'same-value']]))).toBe('${A}');
  });

  it('names values shorter than six characters only where they stand alone', () => {
    const known = new Map([['FIVE', 'v0.7'], ['EMPTY', ''], ['SIX', '123456']]);
    expect(normalise('v0.7 (v0.7) v0.7.1 rev0.7 v0.77 v0.7-rc x/v0.7: 1234567', known)).toBe('${FIVE} (${FIVE}) v0.7.1 rev0.7 v0.77 v0.7-rc x/${FIVE}: ${SIX}7');
  });

  it('leaves values alone that are shorter than three characters', () => {
    expect(normalise('1 12 a', new Map([['ONE', '1'], ['TWO', '12']]))).toBe('1 12 a');
  });

  it('does not look for values in names that it has put there', () => {
    const known = new Map([['REGISTRY_acceptance/image:latest_DIGEST', 'f'.repeat(64)], ['WORD', 'acceptance']]);
    expect(normalise(`acceptance ${'f'.repeat(64)}`, known)).toBe('${WORD} ${REGISTRY_acceptance/image:latest_DIGEST}');
  });

  it('takes characters of names and values as they are', () => {
    expect(normalise('a.c+d?e a1c1d1e', new Map([['$& $1', 'a.c+d?e']]))).toBe('${$& $1} a1c1d1e');
  });
});

describe('normalise, layout', () => {
  it('indents a JSON document', () => {
    expect(normalise('{"b":[1,{"a":null}],"e":{},"f":[ ]}', none)).toBe('{\n  "b": [\n    1,\n    {\n      "a": null\n    }\n  ],\n  "e": {},\n  "f": []\n}\n');
  });

  it('does so as JSON.stringify would, for whatever that writes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue())), (value) => {
        const text = JSON.stringify(value).replaceAll('\r', '');
        const wanted = `${JSON.stringify(JSON.parse(text), null, 2)}\n`;
        const written = normalise(text, none);
        // A number that looks like a time gets its name, and what is left is no JSON: the patterns have tests of their own.
        fc.pre(!written.includes('${'));
        expect(JSON.parse(written)).toEqual(JSON.parse(wanted));
        expect(written.split('\n')).toHaveLength(wanted.split('\n').length);
      }),
    );
  });

  it.each(['{"n":12345678901234567890123}', '{"n":1.0}', '{"s":"\\u00e9\\/\\\\u003c"}', '{"b":1,"1":2}', '{"a":1,"a":2}', '{"s":"a  {b, c: [d]}  \\"e\\""}'])(
    'keeps what it says as it is written: %s',
    (text) => {
      expect(normalise(text, none).replaceAll(/\n\s*/g, '').replaceAll('": ', '":')).toBe(text);
    },
  );

  it.each([
    ['escaped', '{"s":"\\u003ca\\u003E \\u0026"}', '<a> &'],
    ['as they are', '{"s":"<a> &"}', '<a> &'],
    ['escaped, after an escaped backslash', '{"s":"\\\\\\u003c"}', '\\\\<'],
    ['line separators as they are', '{"s":"\u2028"}', '\\u2028'],
  ])('comes to the same where < > & are %s', (_, text, shown) => {
    expect(normalise(text, none)).toBe(`{\n  "s": "${shown}"\n}\n`);
  });

  it.each(['"text"', '42', 'true', 'null'])('is the same for a document that is one value: %s', (text) => {
    expect([text, `${text}\n`, ` ${text}\r\n`].map((each) => normalise(each, none))).toEqual(Array(3).fill(`${text}\n`));
  });

  it('comes to the same for every layout of a document', () => {
    const document = { a: [1, 'two', { three: [] }], b: {} };
    const texts = [JSON.stringify(document), JSON.stringify(document, null, 8), `\n${JSON.stringify(document, null, '\t')}\r\n`];
    expect(new Set(texts.map((text) => normalise(text, none))).size).toBe(1);
  });

  it('removes carriage returns', () => {
    expect(normalise('a\r\nb\r', none)).toBe('a\nb');
  });

  it.each(['', '\n\n', 'plain: text\n  indented', '{not json}', '{"a":1}\n{"a":2}\n', '[info] started', '"text', '4 2', 'truely', 'a: 1\nb: [1,2]\n', '{"open": '])(
    'touches nothing else: %j',
    (text) => {
      expect(normalise(text, new Map([['REKOR', 'http://127.0.0.1:4000']]))).toBe(text);
    },
  );
});

it('lists components of one image in one order, whichever was done first', () => {
  const report = (...names: readonly string[]): string => JSON.stringify({ components: names.map((name) => ({ name, containerImage: 'localhost:32801/app@sha256:1' })) });
  const known = new Map([['REGISTRY', 'localhost:32801']]);
  expect(normalise(report('b', 'a'), known)).toBe(normalise(report('a', 'b'), known));
  expect(normalise(report('b', 'a'), known)).toContain('"containerImage": "${REGISTRY}/app@sha256:1"');
});

describe('normalise, patterns', () => {
  it.each([
    ['2024-02-29T23:59:59Z', '${TIMESTAMP}'],
    ['2024-02-29T23:59:59.123456789Z', '${TIMESTAMP}'],
    ['at 2024-02-29T23:59:59+02:00.', 'at ${TIMESTAMP}.'],
    ['at 2024-02-29T23:59:59, here', 'at ${TIMESTAMP}, here'],
    ['report_2024-02-29T23:59:59Z.json', 'report_${TIMESTAMP}.json'],
    ['2024-02-29', '2024-02-29'],
    ['2024/02/29 23:59:59 it began', '${TIMESTAMP} it began'],
    ['first\n2024/02/29 23:59:59.123456 second', 'first\n${TIMESTAMP} second'],
    ['since 2024/02/29 23:59:59', 'since 2024/02/29 23:59:59'],
    ['12024-02-29T23:59:59Z', '12024-02-29T23:59:59Z'],
    ['time 1700000000', 'time ${TIMESTAMP}'],
    ['size 1400000000 bytes', 'size 1400000000 bytes'],
    ['expires "1400000000"', 'expires "${TIMESTAMP}"'],
    ['a \\"1400000000\\"', 'a \\"${TIMESTAMP}\\"'],
    ['expires 4102444800', 'expires ${TIMESTAMP}'],
    ['took 1400000000.25 long', 'took ${TIMESTAMP} long'],
    ['1400000000 s', '1400000000 s'],
    ['17000000001 s', '17000000001 s'],
    ['a1700000000b', 'a1700000000b'],
    ['"ec-version": "v0.7.1+dirty"', '"ec-version": "${EC_VERSION}"'],
    ['"version": "v0.7.1"', '"version": "v0.7.1"'],
    ['Version            0.1.0\nOPA Version        1.2.3', 'Version            ${EC_VERSION}\nOPA Version        1.2.3'],
    ['Version 1 of it', 'Version 1 of it'],
    ['/run/s-1/tmp/ec-work-1234567890/policy/main.rego', '${TMPDIR}/tmp/ec-work-${RANDOM}/policy/main.rego'],
    ['/run/s-1/tmp/git/clone-Ab3dE6', '${TMPDIR}/tmp/git/clone-${RANDOM}'],
    ['/run/s-1/tmp/cache-12345', '${TMPDIR}/tmp/cache-${RANDOM}'],
    ['/run/s-1/tmp/ec-work-17/policy/1f3a9c20/main.rego', '${TMPDIR}/tmp/ec-work-${RANDOM}/policy/${RANDOM}/main.rego'],
    ['/run/s-1/tmp/a-123456789/b-987654321.json', '${TMPDIR}/tmp/a-${RANDOM}/b-${RANDOM}.json'],
    ['"/run/s-1/tmp/x12", "/run/s-1/tmp/y34"', '"${TMPDIR}/tmp/x${RANDOM}", "${TMPDIR}/tmp/y${RANDOM}"'],
    ['in /run/s-1/tmp/x12: no such file', 'in ${TMPDIR}/tmp/x${RANDOM}: no such file'],
    ['in /run/s-1/tmp/x12.', 'in ${TMPDIR}/tmp/x${RANDOM}.'],
    ['/run/s-1/tmporary/x12', '${TMPDIR}/tmporary/x12'],
    ['/run/s-1/work/my-policies/a.yaml', '${TMPDIR}/work/my-policies/a.yaml'],
    ['/elsewhere/tmp/ec-work-1234567890', '/elsewhere/tmp/ec-work-1234567890'],
  ])('%s is shown as %s', (text, shown) => {
    expect(normalise(text, new Map([['TMPDIR', '/run/s-1']]))).toBe(shown);
  });

  it('the folder for temporary files has a name of its own', () => {
    const known = new Map([['TMPDIR', '/run/s-1'], ['TEMP', '/run/s-1/tmp']]);
    expect(normalise('/run/s-1/tmp/ec-work-1234567890/policy, /run/s-1/work/ec-work-1234567890', known)).toBe('${TEMP}/ec-work-${RANDOM}/policy, ${TMPDIR}/work/ec-work-1234567890');
  });
});
