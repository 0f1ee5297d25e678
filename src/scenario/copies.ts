// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';
import { hexOf } from '../oci/digest.ts';
import { attestationTag, signatureTag } from '../sigstore/attach.ts';
import { parseImageName } from './image-name.ts';
import type { PushedImage } from './images.ts';
import type { ScenarioRun } from './scenario-run.ts';

const tagOf = { signature: signatureTag, attestation: attestationTag } as const;

/** What is found beside an image, by a tag made of the image's digest. */
export type Attachment = keyof typeof tagOf;

/**
 * The image `name`, made unless it is there, with what was signed about another image: genuine, and not about this one.
 * @throws StampedeError STEP_OUT_OF_ORDER when the other one is not there or has nothing of the kind
 */
export async function borrowAttachment(scenario: ScenarioRun, name: string, { attachment, from }: { readonly attachment: Attachment; readonly from: string }): Promise<void> {
  const { images, registry } = scenario;
  const tag = tagOf[attachment];
  const source = { repository: images.repositoryOf(from), reference: tag(images.named(from).image.digest) };
  if ((await registry.headManifest(source.repository, source.reference)) === undefined) {
    throw new StampedeError('STEP_OUT_OF_ORDER', `the image ${from} has no ${attachment} yet`, { hint: `sign it before: Given a valid ${attachment === 'signature' ? 'image signature' : attachment} of "${from}" ...` });
  }
  const { image } = images.find(name) ?? (await images.pushImage(name));
  await registry.copy(source, { repository: images.repositoryOf(name), reference: tag(image.digest) });
}

interface Copy {
  readonly from: string;
  readonly to: string;
}

/**
 * Every tag of a repository, or one tag and what is attached to it, in a second repository: images, signatures, attestations.
 * @throws StampedeError STEP_OUT_OF_ORDER when there is nothing to copy
 */
export async function copyRelated({ images, registry }: ScenarioRun, from: string, to: string): Promise<void> {
  const repository = images.repositoryOf(from);
  const target = images.repositoryOf(to);
  const wanted = copiesOf(await relatedTags({ images, registry }, from), from, to);
  if (wanted.length === 0) throw new StampedeError('STEP_OUT_OF_ORDER', `there are no images relating to ${from} yet`, { hint: `write before: Given an image named "${from}"` });
  for (const copy of wanted) {
    await registry.copy({ repository, reference: copy.from }, { repository: target, reference: copy.to });
    const original: PushedImage | undefined = images.find(`${parseImageName(from).repository}:${copy.from}`);
    if (original !== undefined) images.addCopy(original, `${parseImageName(to).repository}:${copy.to}`);
  }
}

async function relatedTags({ images, registry }: Pick<ScenarioRun, 'images' | 'registry'>, name: string): Promise<readonly string[]> {
  const { tag } = parseImageName(name);
  const repository = images.repositoryOf(name);
  const tags = await registry.tags(repository);
  if (tag === undefined) return tags;
  const found = await registry.headManifest(repository, tag);
  if (found === undefined) return [];
  return tags.filter((one) => one === tag || one.startsWith(`sha256-${hexOf(found.digest)}`));
}

/** Tags stay as they are, unless both names have one: then that one is the other afterwards. */
function copiesOf(tags: readonly string[], from: string, to: string): readonly Copy[] {
  const { tag: named = 'latest' } = parseImageName(from);
  const { tag: renamed = named } = parseImageName(to);
  return tags.map((tag) => ({ from: tag, to: tag === named ? renamed : tag }));
}
