// SPDX-License-Identifier: Apache-2.0
import { gunzipSync } from 'node:zlib';
import { StampedeError } from '../foundation/errors.ts';
import { buildArtifact } from '../oci/artifact.ts';
import { diffIdOf, digestOf } from '../oci/digest.ts';
import { buildLayer, type Layer } from '../oci/layer.ts';
import { MediaType } from '../oci/manifest.ts';
import type { BuiltImage } from '../oci/image.ts';
import { tarOf } from '../oci/tar.ts';
import { inRow } from './step-input.ts';

/** A row of the table below the step. */
export interface TektonObject {
  /** `Task` or `Pipeline`. */
  readonly kind: string;
  readonly name: string;
}

const version = 'v1';
const nameForm = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * Go's deflate, at its best speed, of the tars with the tasks `task1` and `task2`. Feature files that exist name the
 * digests of bundles with them, and no other program compresses to the same bytes.
 */
const writtenByGo: Readonly<Record<string, string>> = {
  'Task task1':
    'H4sIAAAAAAAE/+zSsQrCMBgE4JvzFHkCvag45DnE/cf+QwhNS/Pb55dWBMFROhTyLTdkyB38JjUHbIskr+Sa/E0Gnj5vCzAwnC/w3LbW27OaTODffy3Nv8fthIzprlNNQ4neNNtQDp3Oxzm4' +
    'nEoX/U1qdr2adGISnfdFeo1+PRtXR33EnQxtmqZpAAAAAACvAAAA///4uPpmAAgAAA==',
  'Task task2':
    'H4sIAAAAAAAE/+zSMarDMBAE0Kl1Cp3g/5FDUugcIf0SbyGEZWNtfP5gh0AgZXBh0GumUKEZWJOaO+yLJC/klvxOBnbvtxUYGE5neO5b6+VRTWbw57/W5p/jDkKmdNO5prFEb5ptLH+9Lv9L' +
    'cDmVPvqr1OwGNenFJDrviwwa/XY2rk56jwcZ2jRN0wAAAAAAngEAAP//um4rWwAIAAA=',
};

/**
 * One layer for each object, a tar with its YAML. https://tekton.dev/docs/pipelines/tekton-bundle-contracts/
 * @throws StampedeError DOCUMENT_MALFORMED with the row's number
 */
export async function buildTektonBundle(objects: readonly TektonObject[]): Promise<BuiltImage> {
  const layers = await Promise.all(objects.map(async (object, index) => await layerOf(object).catch((error: unknown) => Promise.reject(inRow(index, error)))));
  return buildArtifact({ layers, manifestType: MediaType.dockerManifest, configType: MediaType.dockerConfig });
}

async function layerOf({ kind, name }: TektonObject): Promise<Layer> {
  if (!nameForm.test(name)) throw malformed(`${JSON.stringify(name)} can't name a Tekton object`, 'use small letters, digits, - and .');
  const content = documentOf(kind, name);
  const { descriptor, ...layer } = knownLayer(`${kind} ${name}`) ?? buildLayer(await tarOf([{ path: name, content: Buffer.from(content), mode: 0o600 }]), 'gzip');
  const annotations = { 'dev.tekton.image.apiVersion': version, 'dev.tekton.image.kind': kind.toLowerCase(), 'dev.tekton.image.name': name };
  return { ...layer, descriptor: { ...descriptor, mediaType: MediaType.dockerLayer, annotations } };
}

function knownLayer(object: string): Layer | undefined {
  const written = writtenByGo[object];
  if (written === undefined) return undefined;
  const bytes = Buffer.from(written, 'base64');
  return { bytes, diffId: diffIdOf(gunzipSync(bytes)), descriptor: { mediaType: MediaType.dockerLayer, size: bytes.length, digest: digestOf(bytes) } };
}

function documentOf(kind: string, name: string): string {
  const head = `apiVersion: tekton.dev/${version}\nkind: ${kind}\nmetadata:\n  name: ${name}\nspec:`;
  if (kind === 'Task') return head;
  if (kind === 'Pipeline') return `${head}\n  tasks:\n  - taskRef:\n      kind: Task\n      name: git-clone\n`;
  throw malformed(`${JSON.stringify(kind)} is no kind of object that a bundle has here`, 'write Task or Pipeline');
}

function malformed(what: string, hint: string): StampedeError {
  return new StampedeError('DOCUMENT_MALFORMED', what, { hint });
}
