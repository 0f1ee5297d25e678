// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';
import { readDocument } from './document.ts';

/** One image to validate, as the input names it. */
export interface Component {
  readonly name: string;
  readonly containerImage: string;
  /** Kept as given and shown in the report. */
  readonly source: unknown;
}

/**
 * The components asked for, one for each distinct reference *string*: of several with one reference the first stays.
 * @throws StampedeError CONFIG_INVALID
 */
export async function readComponents(image: string | undefined, images: string | undefined): Promise<readonly Component[]> {
  const listed = images === undefined ? [] : componentsOf(await readDocument(images, '--images'));
  const all = image === undefined || image === '' ? listed : [...listed, { name: 'Unnamed', containerImage: image, source: {} }];
  if (all.length === 0) {
    throw new StampedeError('CONFIG_INVALID', 'no image to validate', { hint: 'use --image or --images' });
  }
  const merged = new Map<string, Component>();
  for (const component of all) {
    if (!merged.has(component.containerImage)) merged.set(component.containerImage, component);
  }
  return [...merged.values()];
}

function componentsOf(document: unknown): readonly Component[] {
  const holder = isObject(document) && isObject(document['spec']) ? document['spec'] : document;
  const components = isObject(holder) ? holder['components'] : undefined;
  if (!Array.isArray(components)) throw malformed('has no list of components');
  return components.map((component: unknown, index) => {
    if (!isObject(component)) throw malformed(`component ${index} is not an object`);
    const { name, containerImage, source } = component;
    if (typeof containerImage !== 'string' || containerImage === '') throw malformed(`component ${index} has no containerImage`);
    return { name: typeof name === 'string' && name !== '' ? name : 'Unnamed', containerImage, source: source ?? {} };
  });
}

function malformed(reason: string): StampedeError {
  return new StampedeError('CONFIG_INVALID', `the list of images ${reason}`, {
    hint: 'expected {"components": [{"name": ..., "containerImage": ...}]}',
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
