// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';
import type { ContainerDefinition } from './compose-file.ts';
import type { Engine } from './engine.ts';

/**
 * Checks what a start would find out late and say badly.
 * @throws StampedeError IMAGE_MISSING for images that are made here and are not; IMAGE_WRONG_PLATFORM
 */
export async function requireImages(engine: Engine, definitions: readonly ContainerDefinition[]): Promise<void> {
  const images = [...new Set(definitions.map(({ image }) => image))];
  const seen = await Promise.all(images.map(async (image) => ({ image, architecture: await architectureOf(engine, image) })));
  const missing = seen.filter(({ image, architecture }) => architecture === undefined && image.endsWith(':local'));
  if (missing.length > 0) {
    throw new StampedeError('IMAGE_MISSING', `not built yet: ${missing.map(({ image }) => image).join(', ')}`, { hint: 'npm run images:build makes them, on machines that can pull and on others' });
  }
  const strange = seen.filter(({ architecture }) => architecture !== undefined && architecture !== engine.architecture);
  if (strange.length > 0) {
    const names = strange.map(({ image, architecture }) => `${image} (${architecture})`).join(', ');
    throw new StampedeError('IMAGE_WRONG_PLATFORM', `the engine runs ${engine.architecture}, not ${names}`, { hint: 'npm run images:build -- --fresh builds them for this engine' });
  }
}

/** Undefined where the image is not there; the engine pulls it then. */
async function architectureOf({ api }: Engine, image: string): Promise<string | undefined> {
  try {
    return (await api.getImage(image).inspect()).Architecture;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}
