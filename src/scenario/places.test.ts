// SPDX-License-Identifier: Apache-2.0
import { AstBuilder, compile, GherkinClassicTokenMatcher, GherkinInMarkdownTokenMatcher, Parser } from '@cucumber/gherkin';
import { IdGenerator, type GherkinDocument, type Pickle } from '@cucumber/messages';
import { describe, expect, it } from 'vitest';
import { featureName, placesIn } from './places.ts';

const uri = 'features/cache.feature';

interface Compiled {
  readonly document: GherkinDocument;
  readonly pickles: readonly Pickle[];
}

function gherkin(text: string, matcher: GherkinClassicTokenMatcher | GherkinInMarkdownTokenMatcher = new GherkinClassicTokenMatcher()): Compiled {
  const newId = IdGenerator.incrementing();
  const document = { ...new Parser(new AstBuilder(newId), matcher).parse(text), uri } as unknown as GherkinDocument;
  return { document, pickles: compile(document, uri, newId) };
}

/** As the hooks do: the last syntax node of each pickle. */
function titlesOf({ document, pickles }: Compiled): (string | undefined)[] {
  const places = placesIn(document, 'cache');
  return pickles.map(({ astNodeIds }) => places.get(astNodeIds.at(-1) ?? '')?.title);
}

describe('placesIn', () => {
  it('knows scenarios, rules, and each row of each table of an outline', () => {
    const compiled = gherkin(`Feature: cache
  Background:
    Given a stage

  Scenario: plain
    When it runs

  Scenario Outline: with <size>
    When it runs with <size>

    Examples: small
      | size |
      | 1    |
      | 2    |

    Examples: large
      | size |
      | 9    |

  Rule: processes
    Background:
      Given processes

    Example: plain
      When it runs

    Scenario Outline: rows
      When it runs with <n>
      Examples:
        | n |
        | 1 |
`);
    expect(titlesOf(compiled)).toEqual(['plain', 'with <size> (row 1)', 'with <size> (row 2)', 'with <size> (row 3)', 'processes > plain', 'processes > rows (row 1)']);
    const lines = [...placesIn(compiled.document, 'cache').values()].map(({ line }) => line);
    expect(lines).toEqual([5, 13, 14, 18, 24, 31]);
  });

  it.each([
    ['two equal names', 'Feature: f\n  Scenario: a\n    * x\n  Scenario: a\n    * x\n  Scenario: a\n    * x\n'],
    ['a name that looks like the second of two', 'Feature: f\n  Scenario: a\n    * x\n  Scenario: a #2\n    * x\n  Scenario: a\n    * x\n'],
    ['a name that looks like a row', 'Feature: f\n  Scenario: a (row 1)\n    * x\n  Scenario Outline: a\n    * <x>\n    Examples:\n      | x |\n      | 1 |\n'],
    ['a name that looks like one in a rule', 'Feature: f\n  Scenario: r > a\n    * x\n  Rule: r\n    Scenario: a\n      * x\n'],
    ['rules of equal names', 'Feature: f\n  Rule: r\n    Scenario: a\n      * x\n  Rule: r\n    Scenario: a\n      * x\n'],
    ['no names', 'Feature: f\n  Scenario:\n    * x\n  Scenario:\n    * x\n'],
  ])('keeps scenarios apart: %s', (_, text) => {
    const compiled = gherkin(text);
    const places = [...placesIn(compiled.document, 'f').values()];
    expect(titlesOf(compiled)).not.toContain(undefined);
    expect(places).toHaveLength(compiled.pickles.length);
    expect(new Set(places.map(({ title }) => title)).size).toBe(places.length);
    expect(new Set(places.map(({ id }) => id)).size).toBe(places.length);
  });

  it('leaves the first of two equal names its plain title', () => {
    expect(titlesOf(gherkin('Feature: f\n  Scenario: a\n    * x\n  Scenario: a\n    * x\n'))).toEqual(['a', 'a #2']);
  });

  it('knows no place in an empty file, and none for an outline without rows', () => {
    expect(placesIn({ comments: [], uri }, 'f').size).toBe(0);
    expect(placesIn(gherkin('Feature: f\n  Scenario Outline: a\n    * <x>\n    Examples:\n      | x |\n').document, 'f').size).toBe(0);
  });

  it('knows features written in Markdown', () => {
    const compiled = gherkin('# Feature: f\n\n## Scenario Outline: a\n\n* When <x>\n\n### Examples:\n\n  | x |\n  | - |\n  | 1 |\n', new GherkinInMarkdownTokenMatcher());
    expect(titlesOf(compiled)).toEqual(['a (row 1)']);
  });
});

it.each([
  ['cache.feature', 'cache'],
  ['regressions/issue-1.feature', 'regressions/issue-1'],
  ['regressions\\issue-1.feature', 'regressions/issue-1'],
  ['cache.feature.md', 'cache'],
  ['a.feature.b.feature', 'a.feature.b'],
])('the name of the feature %s is %s', (path, name) => {
  expect(featureName(path)).toBe(name);
});
