// SPDX-License-Identifier: Apache-2.0
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import * as z from 'zod';
import { StampedeError } from '../foundation/errors.ts';
import { readUntrusted } from '../foundation/untrusted-file.ts';
import { visible } from '../foundation/visible.ts';

/** What a symptom can be the word of: each judges attempts, and an exploration asks each. */
export const checkerNames = [
  'ended', 'outcomes-agree', 'cache-intact', 'cache-empty', 'entries-whole', 'fetched-once', 'nothing-fetched', 'layers-read', 'failure-told', 'trouble-told', 'asked-again', 'not-delayed', 'bounded',
] as const;

const patternSchema = z.string().min(1).max(500).refine(isPattern, { error: 'is no regular expression' });

/** What was seen, each of it of one process that nobody struck; all that is named has to be seen at once. */
const symptomSchema = z
  .strictObject({
    exitStatus: z.number().int().min(0).max(255).exactOptional(),
    /** In the standard output or the standard error. */
    contains: z.string().min(1).max(2000).exactOptional(),
    /** The same, as a regular expression of JavaScript; `^` and `$` are ends of lines. */
    matches: patternSchema.exactOptional(),
    /** Another outcome than that of the same command alone, without a cache. */
    differsFromSerial: z.literal(true).exactOptional(),
    /** It does not end. */
    hangs: z.literal(true).exactOptional(),
    /** The checker by this name says broken. */
    checker: z.enum(checkerNames).exactOptional(),
  })
  .refine((symptom) => Object.keys(symptom).length > 0, { error: 'is empty: name exitStatus, contains, matches, differsFromSerial, hangs or checker' });

/** Of all layers together. */
export const mostLayerBytes = 2 * 1024 ** 3;

const workloadSchema = z.strictObject({
  /** Processes at a time, or components of one; each validates an image of its own. */
  participants: z.number().int().min(2).max(64).default(2),
  /** Who shares the cache, where that is known: processes, or components of one. */
  sharing: z.enum(['validators', 'components']).exactOptional(),
  /** Of each image: the one that all share, then those of its own. */
  layers: z.number().int().min(1).max(16).exactOptional(),
  /** Of each layer, about. */
  layerBytes: z.number().int().min(1024).max(256 * 1024 * 1024).exactOptional(),
  /** True: nobody but the processes has touched the cache, and its disk worked: schedules that damage or remove entries, or fail file calls, are no explanation. */
  untouched: z.literal(true).exactOptional(),
  /** Put after the arguments that the subject needs. */
  flags: z.array(z.string().max(2000)).max(100).default([]),
}).refine(({ participants, layers = 2, layerBytes = 0 }) => participants * layers * layerBytes <= mostLayerBytes, { error: 'has more than 2 GiB of layers' });

const reportSchema = z.strictObject({
  /** As the reporter says it. */
  title: z.string().min(1).max(300),
  description: z.string().max(20_000).exactOptional(),
  link: z.url({ protocol: /^https?$/ }).exactOptional(),
  /** Where it was seen, in words. */
  source: z.string().max(300).exactOptional(),
  /** The class of its root cause, such as T1. */
  class: z.string().max(40).exactOptional(),
  subject: z.string().min(1).max(1000).default('reference'),
  /** From the report's folder. */
  binary: z.string().min(1).max(4096).exactOptional(),
  /** Of the reference validator. */
  plantedBug: z.string().min(1).max(100).exactOptional(),
  workload: workloadSchema.prefault({}),
  symptom: symptomSchema,
  /** How long a process may take that does not hang. */
  deadlineMs: z.number().int().min(100).max(3_600_000).exactOptional(),
});

/** What somebody saw, and on what. */
export type Report = Readonly<z.output<typeof reportSchema>>;
export type Symptom = Readonly<z.output<typeof symptomSchema>>;

const limitBytes = 256 * 1024;
const hint = 'npm run reproduce -- --new writes a template; docs/reproduce.md says what each field means';

/**
 * Reads a report, JSON by the file's ending or YAML; paths in it are made absolute.
 * @throws StampedeError REPORT_INVALID: no such file, not well-formed, or fields that are wrong, all named at once
 */
export async function readReport(file: string): Promise<Report> {
  const report = reportOf(documentIn(await textOf(file), file), file);
  const fromFolder = (path: string): string => resolve(dirname(file), path);
  return {
    ...report,
    ...(report.binary === undefined ? {} : { binary: fromFolder(report.binary) }),
    subject: /^\.{1,2}\//.test(report.subject) ? fromFolder(report.subject) : report.subject,
  };
}

/** @throws StampedeError REPORT_INVALID naming all that is wrong */
export function reportOf(document: unknown, file: string): Report {
  const parsed = reportSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => wordsFor(issue, document));
  throw new StampedeError('REPORT_INVALID', problems.length === 1 ? `${file}: ${problems[0] ?? ''}` : `${file} is no report:\n${problems.map((problem) => `  ${problem}`).join('\n')}`, { hint });
}

async function textOf(file: string): Promise<string> {
  const bytes = await readUntrusted({ path: file, limitBytes }).catch((cause: unknown) => {
    throw new StampedeError('REPORT_INVALID', `no report can be read from ${file}`, { cause, hint });
  });
  return bytes.toString('utf8');
}

function documentIn(text: string, file: string): unknown {
  if (file.endsWith('.json')) {
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      throw new StampedeError('REPORT_INVALID', `${file} is not JSON: ${visible(cause instanceof Error ? cause.message : String(cause))}`, { hint });
    }
  }
  const document = parseDocument(text, { prettyErrors: true });
  const [first] = document.errors;
  if (first !== undefined) throw new StampedeError('REPORT_INVALID', `${file} is not YAML: ${visible(first.message.split('\n')[0] ?? '')}`, { hint });
  try {
    return document.toJS({ maxAliasCount: 20 }) as unknown;
  } catch (cause) {
    throw new StampedeError('REPORT_INVALID', `${file} is not YAML that can be read: ${visible(cause instanceof Error ? cause.message : String(cause))}`, { hint });
  }
}

function wordsFor(issue: z.core.$ZodIssue, document: unknown): string {
  const { path, message, code } = issue;
  const place = visible(path.join('.'));
  if (place === 'symptom' && code === 'invalid_type' && !hasSymptom(document)) return 'it names no symptom: exitStatus, contains, matches, differsFromSerial, hangs or checker';
  if (code === 'unrecognized_keys') return `${place === '' ? 'the report' : place} has no ${issue.keys.map((key) => JSON.stringify(visible(key))).join(', ')}`;
  return `${place || 'the report'}: ${visible(message)}`;
}

function hasSymptom(document: unknown): boolean {
  return typeof document === 'object' && document !== null && Object.hasOwn(document, 'symptom');
}

/** What people fill in. */
export function templateOf(): string {
  return `# What somebody saw, for: npm run reproduce -- --report FILE
title: What happens, in one sentence
# description: How it came about, in your own words.
# link: https://github.com/owner/name/issues/1

# The program: reference (the one that comes with this project), ec, crane, oras, or the path of a subject file.
subject: reference
# binary: ./path/to/the/program
# plantedBug: in-place-write    # of the reference alone

workload:
  participants: 2               # processes at a time, or components of one
  # sharing: components         # validators or components, where it is known
  # layers: 2                   # of each image
  # layerBytes: 524288          # of each layer
  # untouched: true             # nobody else damages or removes entries, and the disk works
  # flags: ["--workers", "8"]

# All that is named has to be seen in one process: exitStatus, contains, matches (a regular expression), differsFromSerial: true, hangs: true, checker.
symptom:
  exitStatus: 1
`;
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'm') instanceof RegExp;
  } catch {
    return false;
  }
}

/** The symptom as one says it. */
export function symptomWords({ exitStatus, contains, matches, differsFromSerial, hangs, checker }: Symptom): string {
  const words = [
    ...(exitStatus === undefined ? [] : [`a process ends with status ${exitStatus}`]),
    ...(contains === undefined ? [] : [`its output contains ${JSON.stringify(contains)}`]),
    ...(matches === undefined ? [] : [`its output matches /${matches}/`]),
    ...(differsFromSerial === undefined ? [] : ['it says something else than it says alone']),
    ...(hangs === undefined ? [] : ['it does not end']),
    ...(checker === undefined ? [] : [`${checker} is broken`]),
  ];
  return visible(words.join(', and '));
}
