// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { ContainerDefinition } from '../containers/compose-file.ts';
import type { Engine } from '../containers/engine.ts';
import { monotonicMs } from '../foundation/clock.ts';
import { pinned, provideBase, type Base } from './base-image.ts';
import { contentOf, contextFiles, presentImage, removeReplaced } from './content.ts';
import { buildInEngine } from './engine-build.ts';
import { programsImage, providePrograms } from './programs-image.ts';

export interface ImagesPlan {
  /** Absolute: the folder with a folder for each image. */
  readonly folder: string;
  readonly definitions: readonly ContainerDefinition[];
  /** See `provideBase`. */
  readonly base: string;
  /** Builds everything again, whether or not something changed. */
  readonly isFresh: boolean;
  /** What is being done; lines of one step belong together. */
  readonly say: (line: string) => void;
  /** An image is as it should be. */
  readonly done: (image: string, outcome: ImageOutcome) => void;
}

export interface ImageOutcome {
  readonly wasBuilt: boolean;
  readonly durationMs: number;
}

/**
 * Makes every image of the compose file that is not there or not up to date.
 * @throws StampedeError IMAGE_NOT_BUILT, IMAGE_MISSING, TOOL_MISSING, DISK_FULL, ENGINE_MISSING
 */
export async function buildImages(engine: Engine, plan: ImagesPlan): Promise<Base> {
  const base = await provideBase(engine, { wanted: plan.base, isFresh: plan.isFresh, say: plan.say });
  plan.say(`base: ${base.how}`);
  await timed(plan, programsImage, async () => await providePrograms(engine, { image: programsImage, folder: join(plan.folder, 'programs'), base, goImage: pinned.go, isFresh: plan.isFresh, say: plan.say }));
  for (const definition of plan.definitions) {
    await timed(plan, definition.image, async () => await provideImage(engine, definition, { base, plan }));
  }
  await removeReplaced(engine);
  return base;
}

async function timed({ done }: ImagesPlan, image: string, provide: () => Promise<boolean>): Promise<void> {
  const startedAt = monotonicMs();
  const wasBuilt = await provide();
  done(image, { wasBuilt, durationMs: monotonicMs() - startedAt });
}

async function provideImage(engine: Engine, { image, build }: ContainerDefinition, { base, plan }: { readonly base: Base; readonly plan: ImagesPlan }): Promise<boolean> {
  // Another image that the user has put in its place is pulled by whoever starts it.
  if (build === undefined || !image.endsWith(':local')) return false;
  const files = await contextFiles(build.context);
  const buildArguments = { ...build.arguments, BASE_IMAGE: base.image, PROGRAMS_IMAGE: programsImage };
  const madeOf = { base: (await presentImage(engine, base.image))?.id ?? '', programs: (await presentImage(engine, programsImage))?.id ?? '' };
  const content = contentOf(files, { ...buildArguments, ...madeOf });
  if (!plan.isFresh && (await presentImage(engine, image))?.content === content) return false;
  plan.say(`building ${image}`);
  await buildInEngine(engine, { image, dockerfile: build.dockerfile, files, arguments: buildArguments, content, isFresh: plan.isFresh });
  return true;
}
