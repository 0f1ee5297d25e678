// SPDX-License-Identifier: Apache-2.0
import type { Examples, GherkinDocument, Scenario } from '@cucumber/messages';
import { identify, type ScenarioIdentity } from './identity.ts';

interface Found {
  /** The scenario's node, or the row's of an outline. */
  readonly node: string;
  readonly rule: string | undefined;
  readonly name: string;
  readonly row: number | undefined;
  readonly line: number;
}

/**
 * Identities of all scenarios of one feature file, by the syntax node that Cucumber names last in a pickle.
 * Two of the same title are told apart by a number, so that they never share repositories or snapshots.
 */
export function placesIn(document: GherkinDocument, feature: string): ReadonlyMap<string, ScenarioIdentity> {
  const titles = new Set<string>();
  const places = new Map<string, ScenarioIdentity>();
  for (const { node, ...found } of scenariosIn(document)) {
    const place = { ...found, feature, uri: document.uri ?? feature };
    let identity = identify(place);
    for (let count = 2; titles.has(identity.title); count += 1) identity = identify({ ...place, name: `${place.name} #${count}` });
    titles.add(identity.title);
    places.set(node, identity);
  }
  return places;
}

function scenariosIn(document: GherkinDocument): readonly Found[] {
  const children = document.feature?.children ?? [];
  return children.flatMap(({ scenario, rule }) => {
    if (scenario !== undefined) return rowsOf(scenario, undefined);
    return (rule?.children ?? []).flatMap((child) => (child.scenario === undefined ? [] : rowsOf(child.scenario, rule?.name)));
  });
}

function rowsOf(scenario: Scenario, rule: string | undefined): readonly Found[] {
  const { name, examples } = scenario;
  if (examples.length === 0) return [{ node: scenario.id, rule, name, row: undefined, line: scenario.location.line }];
  const rows = examples.flatMap(({ tableBody }: Examples) => tableBody);
  return rows.map(({ id, location }, index) => ({ node: id, rule, name, row: index + 1, line: location.line }));
}

/** Name of a feature below its folder: `regressions/issue-1` for `<folder>/regressions/issue-1.feature`. */
export function featureName(path: string): string {
  return path.replaceAll('\\', '/').replace(/\.feature(\.md)?$/, '');
}
