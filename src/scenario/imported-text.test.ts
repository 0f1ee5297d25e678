// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importedText } from './imported-text.ts';
import { normalise } from './normalise.ts';

const registry = '127.0.0.1:36201';
const commit = 'adeaf76384dd4391e18e8ce5fadef1a5c7414f06';

/** What Conforma's suite records of an output: names for values, forms that differ from run to run, layout. */
function recorded(output: string): string {
  let text = output.replaceAll('\r', '\\r').replaceAll(registry, '${REGISTRY}').replaceAll(commit, '${LATEST_COMMIT}');
  text = text.replace(/\d\d[1-9]\d-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})?/g, '${TIMESTAMP}');
  text = text.replace(/^\d{4}\/\d{2}\/\d{2} \d{2}:\d{2}:\d{2}/, '${TIMESTAMP}');
  text = text.replace(/("| )\d{10}(\\"|"|$)/g, '$1${TIMESTAMP}$2').replace(/\b\d{10}\.\d+\b/g, '${TIMESTAMP}');
  text = text.replaceAll('/tmp', '${TEMP}');
  for (const [, path = ''] of [...text.matchAll(/\$\{TEMP\}([^: \\"]+)[: ]?/g)]) {
    text = text.replaceAll(path, path.split('/').map((part) => part.replace(/[a-f0-9]+$/, '${RANDOM}')).join('/'));
  }
  try {
    const indented = JSON.stringify(JSON.parse(text), null, 2);
    return indented.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026').replaceAll('\u2028', '\\u2028');
  } catch {
    return text;
  }
}

/** What a snapshot here says of the same output; its folder for temporary files is another one. */
function here(output: string): string {
  const known = new Map([['TMPDIR', '/run/s-1'], ['TEMP', '/run/s-1/tmp'], ['REGISTRY', registry], ['LATEST_COMMIT', commit]]);
  return normalise(output.replaceAll('/tmp', '/run/s-1/tmp'), known);
}

describe('importedText', () => {
  it.each([
    ['nothing', ''],
    ['text', 'Error: success criteria not met\n'],
    ['a value', `pulled ${registry}/a, at ${commit}\n`],
    ['a document', `{"success":true,"image":"${registry}/a","n":[1,25],"e":{}}\n`],
    ['a document, laid out', '[\n    {"a": 1}\n]\n'],
    ['< > & in a document', '{"a":"<b> & \\u003cc\\u003e \\u0026 \u2028"}\n'],
    ['< > & in text', '<testsuites name="a & b"></testsuites>\n'],
    ['a document that is one value', '"a"\n'],
    ['times', 'at 2026-11-27T02:03:04Z, 2026-11-27T02:03:04.5+01:00, 2026-11-27T02:03:04\n'],
    ['a time at the beginning', '2026/11/27 02:03:04 it began\n'],
    ['Unix times', '{"a":"1700000000","b":1700000000,"c":1700000000.123,"d":"0123456789"}\n'],
    ['a Unix time at the end', 'expires 1400000000'],
    ['a temporary folder', 'wrote /tmp/ec-work-1234567890/policy/main.rego: done\n'],
    ['hexadecimal tails', '{"a":"/tmp/x/1f3a9c20/cache/data","b":"/tmp/ab12"}\n'],
    ['names that end like chance', 'see /tmp/clone-Ab3dE6/git/my-policy-fade.json: and /tmp/a-b-cd: /tmp/x-zzabc1:\n'],
    ['carriage returns', 'a\r\nb\r\n'],
    ['carriage returns in a document', '{\r\n  "a": 1\r\n}\r\n'],
  ])('agrees with a fresh output: %s', (_, output) => {
    expect(importedText(recorded(output))).toBe(here(output));
  });

  it('agrees on whatever is below the temporary folder', () => {
    const segment = fc.string({ unit: fc.constantFrom('a', 'f', 'g', 'z', 'E', '0', '9', '-', '-', '.', '_'), minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
        const output = `in /tmp/${segments.join('/')}: done\n`;
        expect(importedText(recorded(output))).toBe(here(output));
      }),
      { numRuns: 2000 },
    );
  });

  it('agrees on documents of any content', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '<', '&', '"', '\\', '\n', '$', '{', '}', ' ', 'é', '\u2028') });
    fc.assert(
      fc.property(fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean(), fc.array(text))), (document) => {
        const output = JSON.stringify(document);
        expect(importedText(recorded(output))).toBe(here(output));
      }),
      { numRuns: 500 },
    );
  });

  it('lays out what was a document before times got a name in it', () => {
    expect(importedText('{"a": ${TIMESTAMP},"b":[]}')).toBe('{\n  "a": ${TIMESTAMP},\n  "b": []\n}\n');
  });
});
