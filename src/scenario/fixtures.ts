// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { StampedeError } from '../foundation/errors.ts';
import { liesIn } from '../foundation/lies-in.ts';
import { readExamples, type PlacedFile, type Placement } from './examples.ts';
import { publishRepository } from './git-repository.ts';
import { applyPolicyObject, type PolicyObject } from './policy-object.ts';
import type { ScenarioRun } from './scenario-run.ts';
import { tellSecret } from './secrets.ts';
import type { Attesting, Logging, Signable, Signed } from './signing.ts';
import { expand } from './variables.ts';

export interface Signing {
  readonly keyName: string;
  readonly logging: Logging;
}

/** The signature is known to snapshots as `IMAGE_SIGNATURE_<image>`. */
export async function sign(scenario: ScenarioRun, image: string, { keyName, logging }: Signing): Promise<void> {
  const signature = await scenario.signer.sign(signable(scenario, image), scenario.keys.named(keyName), logging);
  scenario.values.setForSnapshots(`IMAGE_SIGNATURE_${image}`, signature);
}

/** The envelope's signature is known to snapshots as `ATTESTATION_SIGNATURE_<image>`. */
export async function attest(scenario: ScenarioRun, image: string, { keyName, ...attesting }: Attesting & { readonly keyName: string }): Promise<void> {
  const signature = await scenario.signer.attest(signable(scenario, image), scenario.keys.named(keyName), attesting);
  scenario.values.setForSnapshots(`ATTESTATION_SIGNATURE_${image}`, signature);
}

/**
 * The log knows what has been signed of an image, however that was to be logged.
 * @throws StampedeError STEP_OUT_OF_ORDER where nothing has
 */
export async function logSigned(scenario: ScenarioRun, image: string, signed: Signed): Promise<void> {
  const count = await scenario.signer.log(signable(scenario, image).digest, signed);
  if (count > 0) return;
  const words = signed === 'attestation' ? `a valid attestation of "${image}" signed by the "..." key` : `a valid image signature of "${image}" image signed by the "..." key`;
  throw new StampedeError('STEP_OUT_OF_ORDER', `a log entry is about what was signed, and there is no ${signed} of ${image}`, { hint: `write before: Given ${words}` });
}

export async function addLabels({ images, values, context }: ScenarioRun, image: string, rows: readonly (readonly [string, string])[]): Promise<void> {
  const labels = await Promise.all(rows.map(async ([label, value]) => [label, await values.expand(value, context.unknownVariables)] as const));
  await images.addLabels(image, Object.fromEntries(labels));
}

/** Makes a git repository of one commit; its id becomes `LATEST_COMMIT`. */
export async function publishPolicies(scenario: ScenarioRun, name: string, rows: readonly Placement[]): Promise<void> {
  const { context, identity, values } = scenario;
  const files = await readNamingGitHost(scenario, rows, readExamples);
  const commit = await publishRepository({
    url: `${context.addresses.gitUrl}/${identity.id}/git/${name}.git`,
    certificateFile: context.addresses.gitCertificateFile,
    files,
  });
  values.set('LATEST_COMMIT', commit);
}

/** Policies are taken as they are; in what comes from other sources, whatever it is called then, the git host is named. */
export async function readNamingGitHost({ context, values }: ScenarioRun, rows: readonly Placement[], read: (folder: string, rows: readonly Placement[]) => Promise<readonly PlacedFile[]>): Promise<PlacedFile[]> {
  const host = new Map([['GITHOST', await values.expand('${GITHOST}', 'error')]]);
  const placed = rows.map(async (row) => {
    const files = await read(context.examplesFolder, [row]);
    if (/\.(rego|wasm)$/.test(row.source)) return files;
    return files.map((file) => ({ ...file, content: Buffer.from(expand(file.content.toString('utf8'), host, 'keep')) }));
  });
  return (await Promise.all(placed)).flat();
}

/** The variables that the specification of an object may name; what else looks like one stays as it is. */
const namedIn: Readonly<Record<PolicyObject['resource'], RegExp>> = {
  enterprisecontractpolicies: /^(?:GITHOST|REGISTRY|REGISTRY_.*_DIGEST)$/,
  snapshots: /^REGISTRY$/,
};

/** @throws StampedeError DOCUMENT_MALFORMED with the place in the document */
export async function storePolicyObject(scenario: ScenarioRun, object: Omit<PolicyObject, 'spec'>, specification: string): Promise<void> {
  const spec = documentOf(await scenario.values.expandOnly(specification, namedIn[object.resource]), object.name);
  await applyPolicyObject(scenario.transport, scenario.policyApiUrl, { ...object, spec });
}

function documentOf(text: string, name: string): unknown {
  try {
    const document: unknown = parse(text);
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) return document;
    throw new Error('it is not an object');
  } catch (cause) {
    throw new StampedeError('DOCUMENT_MALFORMED', `the specification of ${name} is neither JSON nor YAML`, {
      cause,
      hint: 'look at the document below the step',
    });
  }
}

/** Below the working directory unless the name is absolute; mode 0600, even if there was such a file. `asWritten`: variables in it stay as they are. */
export async function writeNamedFile({ values, context, folders }: ScenarioRun, name: string, content: string, { asWritten = false } = {}): Promise<void> {
  const path = await values.expand(name, context.unknownVariables);
  const target = resolve(folders.work, path);
  if (!liesIn(folders.root, target)) {
    throw new StampedeError('FOLDER_NOT_WRITABLE', `${path} lies outside the scenario's folder`, { hint: 'name it relative, or below ${TMPDIR}' });
  }
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, asWritten ? content : await values.expand(content, context.unknownVariables), { mode: 0o600 });
  await chmod(target, 0o600);
}

/** For later runs of validators; a line is `NAME=value`. What is called a password, token and the like is a secret from then on. */
export async function setVariable({ environment, secrets, context }: ScenarioRun, line: string): Promise<void> {
  const [, name, value] = /^([^=]+)=([^]*)$/.exec(line) ?? [];
  if (name === undefined || value === undefined) {
    throw new StampedeError('DOCUMENT_MALFORMED', `${line} sets no environment variable`, { hint: 'write "NAME=value"' });
  }
  environment.set(name, value);
  if (secrets.addVariable(name, value)) await tellSecret(context.sessionFolder, name, value);
}

function signable({ images }: ScenarioRun, name: string): Signable {
  return { repository: images.repositoryOf(name), reference: images.referenceOf(name), digest: images.named(name).image.digest };
}
