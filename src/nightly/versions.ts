// SPDX-License-Identifier: Apache-2.0
import type { NightRecord, Target } from './record.ts';

const form = /^v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

/** As https://semver.org orders them, with what is left out as 0; undefined where one is none. */
export function compareVersions(one: string, other: string): number | undefined {
  const [left, right] = [form.exec(one), form.exec(other)];
  if (left === null || right === null) return undefined;
  for (const part of [1, 2, 3]) {
    const difference = Number(left[part] ?? 0) - Number(right[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return comparePrereleases(left[4], right[4]);
}

/** What comes before a release is less than it. */
function comparePrereleases(one: string | undefined, other: string | undefined): number {
  if (one === undefined || other === undefined) return one === other ? 0 : one === undefined ? 1 : -1;
  const [left, right] = [one.split('.'), other.split('.')];
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const [a, b] = [left[at], right[at]];
    if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
    const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
    if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
    const difference = isNumber ? Number(a) - Number(b) : a < b ? -1 : a > b ? 1 : 0;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** What a target's version is: as told, or its build where that looks like one. */
export function versionOf({ version, build }: Pick<Target, 'version' | 'build'>): string | undefined {
  if (version !== undefined) return version;
  return /^v?\d+\.\d+/.test(build) && form.test(build) ? build : undefined;
}

/** Builds of one subject, oldest first: by version where all have one, else as nights met them. */
export function buildsInOrder(nights: readonly NightRecord[], subject: string): readonly Target[] {
  const builds = new Map<string, Target>();
  for (const target of nights.flatMap(({ targets }) => targets)) if (target.subject === subject && !builds.has(target.build)) builds.set(target.build, target);
  const all = [...builds.values()];
  const versions = all.map(versionOf);
  if (versions.some((version) => version === undefined || !form.test(version))) return all;
  return all.sort((one, other) => compareVersions(versionOf(one) ?? '', versionOf(other) ?? '') ?? 0);
}
