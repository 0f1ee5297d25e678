// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { knownSchedules } from '../explore/known-schedules.ts';
import { plantedBugs } from '../reference/planted/planted-bugs.ts';
import { readNotShown } from '../reproduce/not-shown.ts';
import { readReport, type Report } from '../reproduce/report.ts';
import { projectRoot, TestProject } from './test-project.ts';

const folder = join(projectRoot, 'reports');
const page = 'before\n<!-- rows -->\n| report | class |\n|---|---|\n| gone: elsewhere | T1 | lost |\n| zarf-813: elsewhere | T1 | kept |\n<!-- end of rows -->\nbetween\n<!-- not shown -->\n<!-- end of not shown -->\nafter\n';
let reports: ReadonlyMap<string, Report>;
let project: TestProject;

beforeAll(async () => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  reports = new Map(await Promise.all(names.map(async (name) => [name, await readReport(join(folder, name))] as const)));
  project = await TestProject.open();
});

afterAll(async () => await project.close());

describe('the reports', () => {
  it('are twenty at least, each with its class and its source', () => {
    expect(reports.size).toBeGreaterThanOrEqual(20);
    const incomplete = [...reports].filter(([, { class: rootCause, source }]) => !/^T(?:[1-9]|1\d|20)$/.test(rootCause ?? '') || !/\d/.test(source ?? ''));
    expect(incomplete.map(([name]) => name)).toEqual([]);
  });

  it('have the class of the bug that stands for them', () => {
    const classes = new Map<string, string>(plantedBugs.map((bug) => [bug.name, bug.class]));
    const wrong = [...reports].filter(([, { plantedBug, class: rootCause }]) => plantedBug !== undefined && classes.get(plantedBug) !== rootCause);
    expect(wrong.map(([name]) => name)).toEqual([]);
  });

  it('name a public place each, or are among those that can not be shown', async () => {
    const list = await readNotShown(join(folder, 'not-shown.yaml'));
    const told = new Set([...[...reports.values()].map(({ plantedBug }) => plantedBug), ...list.map(({ plantedBug }) => plantedBug)]);
    // Findings of a review have no report of their own.
    const ofReviews = new Set(plantedBugs.filter(({ seen }) => /^review of [^;]+$/.test(seen)).map(({ name }) => name));
    expect(plantedBugs.map(({ name }) => name).filter((name) => !told.has(name) && !ofReviews.has(name) && name !== 'flight-per-instance')).toEqual([]);
    const outOfReach = Object.entries(knownSchedules).filter(([, how]) => 'needs' in how).map(([name]) => name);
    expect(outOfReach.filter((name) => !list.some(({ plantedBug }) => plantedBug === name))).toEqual([]);
  });
});

describe('corpus', () => {
  it('reproduces one by its name, and keeps its row among the others', async () => {
    const out = await project.write('page.md', page);
    const { status, output } = await project.start(['corpus', '--name', 'jib-1273', '--no-shrink', '--naive', '1', '--out', out, '--store', join(project.folder, 'runs')]).ended;
    expect([status, output]).toEqual([0, expect.stringMatching(/✔ jib-1273: .*\n1 reports, 1 reproduced, /)]);
    const kept = project.read('page.md').split('\n');
    expect(kept).toContain('| zarf-813: elsewhere | T1 | kept |');
    expect(kept.filter((line) => line.startsWith('| gone'))).toEqual([]);
    expect(kept.filter((line) => line.startsWith('| jib-1273: '))).toEqual([
      expect.stringMatching(/^\| jib-1273: \[jib 1273\]\(https:.*\) \| T3 \| publish-refuses-existing \| [\w/-]+ \| yes \| \d+ runs?, \d.*s \| \d of 5 \| {2}\| {2}\| \d of 1 \| \d+\.\d \|$/),
    ]);
    expect(kept.filter((line) => line.includes('[zarf 5276]'))).toHaveLength(1);
    expect([kept[0], kept.at(-2)]).toEqual(['before', 'after']);
    expect(project.leftSessions()).toEqual([]);
  });

  it.each([
    [['--name', 'nothing'], 'no report is named "nothing"'],
    [['--naive', 'some'], '--naive some is not a count'],
    [['--budget', 'soon'], '--budget soon is no time'],
    [['--sideways'], 'CONFIG_INVALID'],
    [['--name', 'jib-1273', '--out', '/nowhere/page.md'], 'no page can be read from /nowhere/page.md'],
    [['--name', 'jib-1273', '--out', join(projectRoot, 'LICENSE')], 'has no place for the table'],
  ])('refuses %j', async (args, problem) => {
    const { status, output } = await project.start(['corpus', ...args]).ended;
    expect(status).toBe(2);
    expect(output).toContain(problem);
  });
});
