// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import { StampedeError } from '../foundation/errors.ts';
import { durationOf } from '../foundation/command-words.ts';
import { knownFindingSchema, plainName, type KnownFinding } from './record.ts';

/** In `schemas/`, and the name by which a campaign refers to it. */
export const campaignSchemaFile = 'campaign.schema.json';

const time = z.string().refine((text) => isDuration(text), 'a length of time, such as 90s, 20m or 1h30m');
const count = z.number().int().min(1).max(1_000_000);

const targetSchema = z.strictObject({
  name: plainName.describe('By which it is known in every night, whichever build it is.'),
  subject: z.string().min(1).describe('The name of a subject, or the path of a file that describes one, from the campaign file.'),
  binary: z.string().min(1).optional().describe('The program to test, from the campaign file; --binary NAME=PATH is another way to say it.'),
  build: plainName.optional().describe('Which build it is; --build NAME=BUILD is another way to say it. Without: the digest of the program.'),
  version: z.string().min(1).max(80).optional().describe('As 1.2.3, for known findings that end with a version.'),
  plantedBug: z.string().min(1).optional().describe('A known bug, for the reference validator alone.'),
  participants: z.array(z.number().int().min(1).max(64)).min(1).max(16).default([2]).describe('Processes at a time; each number is a workload of its own.'),
});

export const campaignSchema = z.strictObject({
  $schema: z.string().optional(),
  name: plainName,
  targets: z.array(targetSchema).min(1).max(100),
  strategies: z.union([z.literal('all'), z.array(z.string().min(1)).min(1).max(1000)]).default('all').describe('Schedules by name, or by the beginning of one, as `leader-follower/middle`.'),
  twoStops: z.boolean().default(false).describe('Besides, every pair of file calls after which two processes stand at the same time.'),
  random: z.strictObject({ schedules: count, depth: z.number().int().min(1).max(9).default(3) }).optional().describe('Besides, so many schedules of chance for each workload, other ones with each seed.'),
  repeat: z.strictObject({ new: count.default(3), old: count.default(1) }).default({ new: 3, old: 1 }).describe('How often a plan is run that the store knows no run of, and how often another.'),
  budget: z.strictObject({ time: time.optional(), runs: count.optional() }).default({}).describe('What ends the night, whichever comes first; new plans come first.'),
  stop: z.strictObject({ brokenRuns: count.optional(), brokenOfPlan: count.optional() }).default({}).describe('After so many broken runs the night ends, or that plan is run no more.'),
  jobs: z.number().int().min(1).max(64).default(1).describe('Runs at a time.'),
  baseline: plainName.optional().describe('The build that others are compared with: of a target here, or of an earlier night.'),
  unknownShare: z.number().min(0).max(1).default(0.05).describe('Above this share of unknown runs the night says nothing.'),
  known: z.string().min(1).optional().describe('The file of known findings, from the campaign file.'),
  keep: z.strictObject({ heldEvery: count.default(100), megabytes: z.number().int().min(1).max(1_000_000).default(1024) }).default({ heldEvery: 100, megabytes: 1024 }).describe('Run folders: all that are broken or unknown, of the held ones one in so many, all together not more than this.'),
  deadlineMs: z.number().int().min(100).max(3_600_000).optional(),
  gateTimeoutMs: z.number().int().min(10).max(600_000).optional(),
});

const knownFileSchema = z.strictObject({ $schema: z.string().optional(), known: z.array(knownFindingSchema).max(1000) });

type Written = z.output<typeof campaignSchema>;

export interface CampaignTarget extends Omit<Written['targets'][number], 'binary'> {
  /** Absolute. */
  readonly binary: string | undefined;
}

/** A campaign as it was understood: paths are absolute, known findings are read. */
export interface Campaign extends Omit<Written, 'targets' | 'known' | '$schema'> {
  readonly file: string;
  readonly targets: readonly CampaignTarget[];
  readonly known: readonly KnownFinding[];
}

/** Flags that say of a target what a campaign file can't know: `NAME=VALUE`, or the value alone where there is one target. */
export interface Overrides {
  readonly binary: readonly string[];
  readonly build: readonly string[];
}

/**
 * Reads and checks a campaign; what needs to look at subjects and programs is checked by `problemsOf` later.
 * @throws StampedeError CAMPAIGN_INVALID with every problem at once
 */
export async function readCampaign(file: string, overrides: Overrides = { binary: [], build: [] }): Promise<Campaign> {
  const path = resolve(file);
  const folder = dirname(path);
  const written = await parsed(campaignSchema, path);
  const known = written.known === undefined ? [] : (await parsed(knownFileSchema, resolve(folder, written.known))).known;
  const binaries = overridden(overrides.binary, '--binary', written);
  const builds = overridden(overrides.build, '--build', written);
  const { $schema: _, ...rest } = written;
  const targets = written.targets.map((target) => {
    const [binary, build] = [binaries.get(target.name), builds.get(target.name) ?? target.build];
    const isFile = /[./\\]/.test(target.subject);
    return {
      ...target,
      subject: isFile ? resolve(folder, target.subject) : target.subject,
      binary: binary === undefined ? (target.binary === undefined ? undefined : resolve(folder, target.binary)) : resolve(binary),
      ...(build === undefined ? {} : { build: plainBuild(build) }),
    };
  });
  return { ...rest, file: path, targets, known };
}

/** Of what is to be found out, without where it lies: the same on all machines. `builds` are those that were found out. */
export function campaignDigest({ file: _, targets, ...rest }: Campaign, builds: ReadonlyMap<string, string>): string {
  const plain = targets.map(({ binary: _binary, subject, ...target }) => ({ ...target, subject: subject.split(/[/\\]/).at(-1), build: builds.get(target.name) }));
  return createHash('sha256').update(JSON.stringify(sorted({ ...rest, targets: plain }))).digest('hex');
}

/** The schema for editors. */
export function publishedCampaignSchema(): string {
  const schema = z.toJSONSchema(campaignSchema, { target: 'draft-2020-12', io: 'input' });
  return `${JSON.stringify({ $id: campaignSchemaFile, title: 'a campaign of npm run nightly', ...schema }, null, 2)}\n`;
}

async function parsed<T>(schema: z.ZodType<T>, file: string): Promise<T> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new StampedeError('CAMPAIGN_INVALID', `${file} can't be read`, { cause });
  });
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new StampedeError('CAMPAIGN_INVALID', `${file} is not JSON`, { cause });
  }
  const { success, data, error } = schema.safeParse(document);
  if (success) return data;
  throw invalid(file, error.issues.map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`));
}

/** All that is wrong, one a line. */
export function invalid(file: string, problems: readonly string[]): StampedeError {
  return new StampedeError('CAMPAIGN_INVALID', `${file} can't be run as it is:\n${problems.map((one) => `  ${one}`).join('\n')}`, { hint: `schemas/${campaignSchemaFile} says what can be in it, campaigns/ has examples` });
}

function overridden(given: readonly string[], flag: string, { targets }: Written): ReadonlyMap<string, string> {
  return new Map(given.map((text) => {
    const [, name, value] = /^([A-Za-z0-9][\w.+-]*)=(.+)$/s.exec(text) ?? [];
    if (name !== undefined && value !== undefined && targets.some((target) => target.name === name)) return [name, value] as const;
    const [only] = targets;
    if (targets.length === 1 && only !== undefined && name === undefined) return [only.name, text] as const;
    throw new StampedeError('CONFIG_INVALID', `${flag} ${text} names no target of the campaign`, { hint: `${flag} ${only?.name ?? 'NAME'}=…; there are ${targets.map((target) => target.name).join(', ')}` });
  }));
}

function plainBuild(build: string): string {
  if (plainName.safeParse(build).success) return build;
  throw new StampedeError('CONFIG_INVALID', `${JSON.stringify(build)} is no name of a build: letters, digits, dots, dashes and underlines, at most 80`);
}

function isDuration(text: string): boolean {
  try {
    return durationOf(text) > 0;
  } catch {
    return false;
  }
}

/** The same text whatever order things were written in. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, each]) => [key, sorted(each)]));
}
