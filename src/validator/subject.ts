// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import * as z from 'zod';
import { StampedeError } from '../foundation/errors.ts';

const settings = z.record(z.string(), z.string());

const subjectSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().min(1),
  /** `built`: made by this project; `given`: a program that the user names with --binary. */
  program: z.strictObject({ kind: z.enum(['built', 'given']) }),
  /** Put before the arguments that a feature gives. */
  arguments: z.array(z.string()).default([]),
  /** Where layers are cached, in it or in folders below it: a folder below `${HOME}` or `${XDG_CACHE_HOME}`. It is emptied and damaged, so it must be nobody else's. */
  cacheDirectory: z.string().regex(/^\$\{(?:HOME|XDG_CACHE_HOME)\}(?:\/(?!\.{0,2}(?:\/|$))[^/]*)+$/, 'is a folder below ${HOME} or ${XDG_CACHE_HOME}, of which each scenario has its own'),
  /**
   * How layers lie there. `by-digest`: a file each, named after the digest of what is in it. `opaque`: in another way, as in a
   * database; then nothing is said of what lies there, only of what processes say.
   */
  cacheEntries: z.enum(['by-digest', 'opaque']).default('by-digest'),
  /** Set for every run, unless a step sets it otherwise; `${HOME}`, `${XDG_CACHE_HOME}` and `${CACHE}`, the cache's directory, are known. */
  environment: settings.default({}),
  /** Appended to run one command serially: to every one, or to those that begin with such words (`validate image`). */
  serialArguments: z.union([z.array(z.string()), z.record(z.string().min(1), z.array(z.string()))]).default([]),
  /** Set to run one command without any cache. */
  noCacheEnvironment: settings.default({}),
  /**
   * How `explore` calls a program that is no validator of images: `${IMAGE}`, `${CACHE}` and `${OUT}` are known. What
   * it makes is what it writes to its standard output, and to the file or folder `${OUT}` if that is named.
   * Layers of the images have titles, as those of artifacts have.
   */
  exploration: z.strictObject({ arguments: z.array(z.string()).min(1), withoutCache: z.array(z.string()).min(1) }).optional(),
  /**
   * How it reaches the registry. `forward`: it heeds HTTP_PROXY. `reverse`: it does not, and is told the address of its door as
   * the name of the registry, in its arguments and its environment.
   */
  door: z.enum(['forward', 'reverse']).default('forward'),
  /**
   * The registry that it meets, on the embedded stage: `auth` by password or token, for which it is given DOCKER_CONFIG; `tls`: by
   * https alone, with an authority in SSL_CERT_FILE.
   */
  registry: z.strictObject({ auth: z.enum(['none', 'basic', 'token']).default('none'), tls: z.boolean().default(false) }).default({ auth: 'none', tls: false }),
  /**
   * True: it promises what the safe cache does, and is held to it. A layer is fetched once, whoever wants it; a cache that can't be
   * used is told of on standard error, and is no reason to fail. Default: only for the validator that is made here.
   */
  isStrict: z.boolean().optional(),
  /** What becomes of `${NAME}` in a feature when nobody knows the name: a failure of the step, or nothing in its place. */
  unknownVariables: z.enum(['error', 'empty']).default('error'),
  /** Milliseconds after which a run is ended. */
  deadlineMs: z.number().int().positive().default(60_000),
});

/** How a validator is called: data, in `subjects/` or in a file of the user's. */
export type Subject = Readonly<z.output<typeof subjectSchema>>;

/** Whether only another HOME gives it another cache. */
export function isCacheBelowHome({ cacheDirectory }: Pick<Subject, 'cacheDirectory'>): boolean {
  return cacheDirectory.includes('${HOME}');
}

/** Whether it is held to what the safe cache promises. */
export function isHeldToPromises({ isStrict, program }: Subject): boolean {
  return isStrict ?? program.kind === 'built';
}

/** What makes this command a serial one; of several beginnings that fit, the longest counts. */
export function serialArgumentsOf({ serialArguments }: Pick<Subject, 'serialArguments'>, command: readonly string[]): readonly string[] {
  if (Array.isArray(serialArguments)) return serialArguments;
  const fitting = Object.entries(serialArguments).map(([beginning, words]) => ({ beginning: beginning.split(' '), words })).filter(({ beginning }) => beginning.every((word, index) => command[index] === word));
  return fitting.sort((left, right) => right.beginning.length - left.beginning.length)[0]?.words ?? [];
}

/** A subject as it is written, with defaults left out. */
export type SubjectFile = z.input<typeof subjectSchema>;

/**
 * Loads `subjects/<name>.ts`, or the file at a path; it exports `subject`.
 * @throws StampedeError SUBJECT_UNKNOWN with the known names; CONFIG_INVALID with every field that is wrong
 */
export async function loadSubject(nameOrPath: string, folder: string): Promise<Subject> {
  const isPath = isAbsolute(nameOrPath) || /[./\\]/.test(nameOrPath);
  const file = isPath ? resolve(nameOrPath) : join(folder, `${nameOrPath}.ts`);
  const parsed = subjectSchema.safeParse(await readSubject(nameOrPath, file, folder));
  if (parsed.success) return Object.freeze(parsed.data);
  const problems = parsed.error.issues.map(({ path, message }) => `  ${path.join('.') || 'subject'}: ${message}`);
  throw new StampedeError('CONFIG_INVALID', `${file} does not describe a subject:\n${problems.join('\n')}`, {
    hint: 'subjects/ec.ts is an example',
  });
}

async function readSubject(name: string, file: string, folder: string): Promise<unknown> {
  try {
    return await exportedSubject(file);
  } catch (cause) {
    const known = (await readdir(folder)).filter((entry) => entry.endsWith('.ts')).map((entry) => entry.slice(0, -'.ts'.length));
    throw new StampedeError('SUBJECT_UNKNOWN', `no subject ${name} could be loaded`, {
      cause,
      hint: `known: ${known.sort().join(', ')}; or give the path of a file that exports \`subject\``,
    });
  }
}

/** Bundled first: a user's file lies in a folder that may say nothing about modules, or may say CommonJS. */
async function exportedSubject(file: string): Promise<unknown> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({ entryPoints: [file], bundle: true, write: false, platform: 'node', format: 'esm', logLevel: 'silent' });
  const source = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64');
  const module = (await import(`data:text/javascript;base64,${source}`)) as { readonly subject?: unknown };
  return module.subject;
}
