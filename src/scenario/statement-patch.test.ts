// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { digestOf } from '../oci/digest.ts';
import { slsaV02Statement } from '../sigstore/statement.ts';
import { patchesIn } from './statement-patch.ts';

const statement = slsaV02Statement({ name: 'registry.local/image', digest: digestOf(Buffer.from('image')) });
const changed = (...rows: string[]): unknown => patchesIn(rows)(statement);

describe('patchesIn', () => {
  it('applies patches one after the other, and leaves the statement as it was', () => {
    const before = JSON.stringify(statement);
    const patched = changed(
      '[{"op":"add","path":"/predicate/materials/-","value":{"uri":"git+https://example.com/a"}},{"op":"replace","path":"/predicate/builder/id","value":"other"}]',
      '{"op":"copy","from":"/predicate/builder/id","path":"/predicate/materials/0/by"}',
      '[{"op":"move","from":"/predicate/buildType","path":"/predicate/type"},{"op":"remove","path":"/predicate/metadata"},{"op":"test","path":"/predicate/type","value":"tekton.dev/v1beta1/TaskRun"}]',
    );
    expect(patched).toEqual({
      ...statement,
      predicate: { builder: { id: 'other' }, type: 'tekton.dev/v1beta1/TaskRun', invocation: { configSource: {}, parameters: {}, environment: {} }, materials: [{ uri: 'git+https://example.com/a', by: 'other' }] },
    });
    expect(JSON.stringify(statement)).toBe(before);
  });

  it.each([
    ['no JSON', '[{"op":', /^not JSON: /],
    ['an unknown operation', '[{"op":"increase","path":"/a"}]', /^not a JSON Patch: /],
    ['an operation without a path', '[{"op":"remove"}]', /^not a JSON Patch: /],
    ['a path that is none', '[{"op":"remove","path":"predicate"}]', /^not a JSON Patch: /],
    ['words', '"remove"', /^not a JSON Patch: /],
    ['nothing to remove', '[{"op":"remove","path":"/predicate/nothing"}]', /^the statement does not take \{"op":"remove"/],
    ['a test that does not hold', '[{"op":"test","path":"/predicate/buildType","value":"x"}]', /^the statement does not take \{"op":"test"/],
    ['a replacement of nothing', '[{"op":"replace","path":"/predicate/nothing","value":1}]', /^the statement does not take \{"op":"replace"/],
    ['a prototype', '[{"op":"add","path":"/__proto__/polluted","value":1}]', /^not a JSON Patch: /],
    ['a constructor', '[{"op":"add","path":"/predicate/constructor","value":1}]', /^not a JSON Patch: /],
  ])('refuses %s with the row', (_what, row, reason) => {
    expect(() => changed('[]', row)).toThrow(
      expect.objectContaining({ code: 'DOCUMENT_MALFORMED', message: 'row 2 of the table is refused', hint: expect.any(String), cause: expect.objectContaining({ message: expect.stringMatching(reason) }) }),
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('refuses what leaves no statement', () => {
    expect(() => changed('[{"op":"remove","path":"/subject"}]')).toThrow(expect.objectContaining({ code: 'DOCUMENT_MALFORMED', message: 'the patches leave no in-toto statement' }));
  });
});
