// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as z from 'zod';
import { StampedeError } from '../foundation/errors.ts';
import { isRepository, isTag } from '../oci/reference.ts';

/** In `schemas/`, and the name by which a seed refers to it. */
export const seedSchemaFile = 'seed.schema.json';

const plainName = z.string().regex(/^[A-Za-z0-9][\w.-]{0,79}$/);
const objectName = z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/);
const imageName = z.string().refine(isImageName, 'an image is named as acceptance/image or acceptance/image:tag, small letters, without a registry');
const texts = z.record(z.string(), z.string());

const contentSchema = z.union([z.string(), z.strictObject({ file: z.string().min(1).describe('A path, from the seed file.') })]).describe('Text, or a file that has it.');
const filesSchema = z.record(z.string().min(1).refine(isInside, 'a path within, such as etc/app.conf'), contentSchema).describe('By path.');

const logged = z.enum(['bundled', 'online', 'unlogged']).default('bundled').describe("`bundled`: logged, with the log's promise beside it; `online`: logged, and a validator has to ask; `unlogged`: not logged.");
const layerSchema = z.union([
  z.strictObject({ files: filesSchema }),
  z.strictObject({ randomBytes: z.number().int().min(0).max(256 * 1024 * 1024).describe('One file of so many bytes of chance, the same ones each time.') }),
]);

const signatureSchema = z.strictObject({ key: plainName, log: logged });
const attestationSchema = z.strictObject({
  key: plainName,
  type: z.enum(['slsa-v0.2', 'slsa-v1']).default('slsa-v1').describe('Whose statement it is, where nothing else is said.'),
  predicateType: z.string().min(1).optional().describe('Instead of the one of `type`.'),
  predicate: z.record(z.string(), z.unknown()).optional().describe('Instead of the usual one.'),
  log: logged,
});

const imageSchema = z.strictObject({
  name: imageName,
  format: z.enum(['oci', 'docker']).default('oci'),
  layers: z.array(layerSchema).max(127).default([{ randomBytes: 1024 }]).describe('From the lowest to the topmost.'),
  labels: texts.optional(),
  annotations: texts.optional(),
  signatures: z.array(signatureSchema).max(100).default([]),
  attestations: z.array(attestationSchema).max(100).default([]),
});

export const seedSchema = z.strictObject({
  $schema: z.string().optional(),
  keys: z
    .array(z.strictObject({ name: plainName, privateKey: z.string().min(1).optional().describe('A file from the seed file: PKCS#8 PEM, or what cosign generate-key-pair leaves with an empty password. Without: a new pair.') }))
    .max(100)
    .default([])
    .describe('ECDSA P-256.'),
  images: z.array(imageSchema).max(1000).default([]),
  repositories: z.array(z.strictObject({ name: plainName, files: filesSchema })).max(100).default([]).describe('Of git: one commit on main.'),
  policies: z
    .array(z.strictObject({ kind: z.enum(['EnterpriseContractPolicy', 'Snapshot']).default('EnterpriseContractPolicy'), name: objectName, namespace: objectName.default('acceptance'), spec: z.record(z.string(), z.unknown()) }))
    .max(1000)
    .default([])
    .describe('Objects of the policy API. In their texts ${registry} and ${git} stand for host and port, ${rekor} for the address of the log, ${key.NAME} for a public key.'),
});

export type Written = z.output<typeof seedSchema>;

/** A seed that was understood: every name in it is known, every file was read. */
export interface Seed extends Written {
  readonly file: string;
  /** What stands in a file, by its path as the seed has it. */
  readonly contents: ReadonlyMap<string, Buffer>;
}

/** The schema for editors. */
export function publishedSeedSchema(): string {
  const schema = z.toJSONSchema(seedSchema, { target: 'draft-2020-12', io: 'input' });
  return `${JSON.stringify({ $id: seedSchemaFile, title: 'what npm run stage -- --seed fills a stage with', ...schema }, null, 2)}\n`;
}

/** The seed file as its shape says; what it names is looked for by `checkedSeed`. @throws StampedeError SEED_INVALID with every problem at once */
export async function parseSeedFile(file: string): Promise<Written> {
  const path = resolve(file);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new StampedeError('SEED_INVALID', `${path} can't be read`, { cause });
  });
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new StampedeError('SEED_INVALID', `${path} is not JSON`, { cause });
  }
  const { success, data, error } = seedSchema.safeParse(document);
  if (success) return data;
  throw invalidSeed(path, error.issues.flatMap(problemsIn));
}

/** All that is wrong, one a line. */
export function invalidSeed(file: string, problems: readonly string[]): StampedeError {
  return new StampedeError('SEED_INVALID', `${file} can't be sown as it is:\n${problems.map((one) => `  ${one}`).join('\n')}`, { hint: `schemas/${seedSchemaFile} says what can be in it, examples/seed.json is one` });
}

/** As a program would write it: `images[0].signatures[1].key`. */
export function fieldName(path: readonly PropertyKey[]): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`)).join('') || 'the whole';
}

/** Of several shapes the one that was meant is where the least is wrong. */
function problemsIn(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [`${fieldName(issue.path)}: ${issue.message}`];
  const [least = []] = [...issue.errors].sort((one, other) => deepest(other) - deepest(one) || one.length - other.length);
  return least.map(({ path, message }) => `${fieldName([...issue.path, ...path])}: ${message}`);
}

function deepest(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(...issues.map(({ path }) => path.length));
}

function isImageName(text: string): boolean {
  const [repository = '', tag, ...rest] = text.split(':');
  return isRepository(repository) && rest.length === 0 && (tag === undefined || isTag(tag));
}

function isInside(path: string): boolean {
  return !path.startsWith('/') && path.split('/').every((part) => !['', '.', '..', '.git'].includes(part.toLowerCase()));
}
