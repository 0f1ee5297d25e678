// SPDX-License-Identifier: Apache-2.0
import { gunzipSync } from 'node:zlib';
import { StampedeError } from '../foundation/errors.ts';
import { seededRandom, type SeededRandom } from '../foundation/seed.ts';
import type { DiffID, Digest } from '../oci/digest.ts';
import { buildImage, type BuiltImage } from '../oci/image.ts';
import { buildLayer, type Compression, type Layer } from '../oci/layer.ts';
import type { RegistryClient } from '../oci/registry-client.ts';
import { tarOf } from '../oci/tar.ts';
import type { PlacedFile } from './examples.ts';
import { parseImageName } from './image-name.ts';

/** A layer whose content is known in both its forms, so that a cache entry can be told from half of one. */
export interface KnownLayer {
  readonly diffId: DiffID;
  readonly digest: Digest;
  readonly compressed: Buffer;
  readonly uncompressed: Buffer;
  /** Images that have it, by name. */
  readonly images: readonly string[];
}

export interface PushedImage {
  readonly name: string;
  readonly image: BuiltImage;
  readonly labels: Readonly<Record<string, string>>;
}

/** Which image a layer set belongs to, and what else it carries. */
interface Wanted {
  readonly name: string;
  readonly layers: readonly Layer[];
  readonly labels?: Readonly<Record<string, string>>;
}

export interface ShelfSettings {
  readonly registry: Pick<RegistryClient, 'pushImage'>;
  /** Name of the registry in references. */
  readonly host: string;
  /** The scenario's own part of every repository. */
  readonly prefix: string;
}

/** Where an image's manifests lie, and that it is an operator bundle: validators then read its layers. */
const bundleLabel = 'operators.operatorframework.io.bundle.manifests.v1';
const randomLayerBytes = 4 * 1024;
/** Large enough that a body has a middle: more than any one write or read of a validator. */
export const bundleLayerBytes = 512 * 1024;

const tarBlockBytes = 512;

export interface BundleForm {
  /** Clients of artifacts read layers that have a title. */
  readonly areTitled?: boolean;
  /** Of each image: the shared one, and its own. Default: 2. */
  readonly layers?: number;
  /** Of what fills the shared layer; others have a few blocks more. */
  readonly layerBytes?: number;
}

/** The images of one scenario. Their bytes depend on the scenario and image names alone. */
export class ImageShelf {
  readonly #settings: ShelfSettings;
  readonly #random: SeededRandom;
  readonly #images = new Map<string, PushedImage>();
  readonly #layers = new Map<DiffID, KnownLayer>();

  constructor(settings: ShelfSettings) {
    this.#settings = settings;
    this.#random = seededRandom(`images of ${settings.prefix}`);
  }

  /** Two random layers, a parent image `<name>/parent`, and the layers given, uncompressed. */
  async pushImage(name: string, files: readonly PlacedFile[] = []): Promise<PushedImage> {
    const layers = await this.#twoRandomLayers(name);
    if (files.length > 0) layers.push(await this.#layer(files, 'uncompressed'));
    return await this.#push({ name, layers });
  }

  /** Labels go into the configuration, so the image is another one afterwards. */
  async addLabels(name: string, labels: Readonly<Record<string, string>>): Promise<PushedImage> {
    const present = this.named(name);
    return await this.#push({ name, layers: present.image.layers, labels: { ...present.labels, ...labels } });
  }

  /**
   * Operator bundles `<name>-1` to `<name>-<count>`: one layer that all share, with a ClusterServiceVersion, and others
   * of their own, usually one, each of another size. Validators read the layers of such images; clients of artifacts read those that have a title.
   */
  async pushBundles(name: string, count: number, { areTitled = false, layers = 2, layerBytes = bundleLayerBytes }: BundleForm = {}): Promise<readonly PushedImage[]> {
    const titled = (layer: Layer, title: string): Layer => (areTitled ? { ...layer, descriptor: { ...layer.descriptor, annotations: { 'org.opencontainers.image.title': title } } } : layer);
    const shared = titled(await this.#bundleLayer(`${name} shared`, [
      { path: 'manifests/operator.clusterserviceversion.yaml', content: manifest('ClusterServiceVersion', 'operator') },
    ], layerBytes), 'shared.tar.gz');
    const pushed: PushedImage[] = [];
    for (let number = 1; number <= count; number += 1) {
      const own: Layer[] = [];
      for (let nth = 1; nth < layers; nth += 1) {
        const part = nth === 1 ? String(number) : `${number}-${nth}`;
        own.push(titled(await this.#bundleLayer(`${name} ${part}`, [{ path: `manifests/part-${part}.yaml`, content: manifest('ConfigMap', `part-${part}`) }], layerBytes + tarBlockBytes * ((number - 1) * (layers - 1) + nth)), nth === 1 ? 'own.tar.gz' : `own-${nth}.tar.gz`));
      }
      pushed.push(await this.#push({ name: `${name}-${number}`, layers: [shared, ...own], labels: { [bundleLabel]: 'manifests/' } }));
    }
    return pushed;
  }

  /** An operator bundle of two layers that are not compressed and have one size: a tar's blocks leave no difference. */
  async pushPlainBundle(name: string, layerBytes = bundleLayerBytes): Promise<PushedImage> {
    const layer = async (part: string, kind: string): Promise<Layer> => {
      const filler = { path: `filler/${part}`, content: this.#random.fork(`${name} ${part}`).bytes(layerBytes) };
      return await this.#layer([{ path: `manifests/${part}.yaml`, content: manifest(kind, part) }, filler], 'uncompressed');
    };
    const layers = [await layer('operator', 'ClusterServiceVersion'), await layer('part', 'ConfigMap')];
    return await this.#push({ name, layers, labels: { [bundleLabel]: 'manifests/' } });
  }

  /** @throws StampedeError STEP_OUT_OF_ORDER when no step has pushed it. */
  named(name: string): PushedImage {
    const image = this.find(name);
    if (image !== undefined) return image;
    throw new StampedeError('STEP_OUT_OF_ORDER', `there is no image named ${JSON.stringify(name)} yet`, {
      hint: `write before: Given an image named "${name}"`,
    });
  }

  /** As `named`, undefined when no step has pushed it. */
  find(name: string): PushedImage | undefined {
    return this.#images.get(keyOf(name));
  }

  /** An image that lies under another name, too. */
  addCopy(original: PushedImage, name: string): void {
    this.#keep({ ...original, name });
  }

  all(): readonly PushedImage[] {
    return [...this.#images.values()];
  }

  /** Layers of images that validators read through their cache: those that are labelled as operator bundles. */
  readLayers(): readonly KnownLayer[] {
    const read = this.all().filter(({ labels }) => bundleLabel in labels).map(({ name }) => name);
    return this.knownLayers().filter(({ images }) => images.some((image) => read.includes(image)));
  }

  /** Layers of all images. */
  knownLayers(): readonly KnownLayer[] {
    return [...this.#layers.values()];
  }

  /** @throws StampedeError REFERENCE_MALFORMED, as everything that takes a name. */
  repositoryOf(name: string): string {
    return `${this.#settings.prefix}/${parseImageName(name).repository}`;
  }

  /** `registry.local/<prefix>/<name>`, without the name's tag. */
  referenceOf(name: string): string {
    return `${this.#settings.host}/${this.repositoryOf(name)}`;
  }

  async #twoRandomLayers(name: string): Promise<Layer[]> {
    const random = this.#random.fork(name);
    const next = async (): Promise<Layer> => await this.#layer([{ path: 'random', content: random.bytes(randomLayerBytes) }], 'stored');
    return [await next(), await next()];
  }

  async #bundleLayer(name: string, files: readonly PlacedFile[], layerBytes: number): Promise<Layer> {
    const filler = { path: `filler/${name.replaceAll('/', '-')}`, content: this.#random.fork(name).bytes(layerBytes) };
    return await this.#layer([...files, filler], 'stored');
  }

  /** Both forms are kept, to be compared with what validators cache. */
  async #layer(files: readonly PlacedFile[], compression: Compression): Promise<Layer> {
    const tar = await tarOf(files);
    const layer = buildLayer(tar, compression);
    this.#layers.set(layer.diffId, { diffId: layer.diffId, digest: layer.descriptor.digest, compressed: layer.bytes, uncompressed: tar, images: [] });
    return layer;
  }

  async #push({ name, layers, labels = {} }: Wanted): Promise<PushedImage> {
    const { registry } = this.#settings;
    const repository = this.repositoryOf(name);
    const parent = buildImage({ layers: layers.slice(0, 1), format: 'docker' });
    const image = buildImage({
      layers,
      format: 'docker',
      labels: { 'org.opencontainers.image.title': name, ...labels },
      annotations: { 'org.opencontainers.image.base.name': `${this.referenceOf(name)}/parent:latest@${parent.digest}` },
    });
    await Promise.all([registry.pushImage(`${repository}/parent`, parent, 'latest'), registry.pushImage(repository, image, parseImageName(name).tag ?? 'latest')]);
    const pushed = { name, image, labels };
    this.#keep(pushed);
    return pushed;
  }

  #keep(pushed: PushedImage): void {
    this.#images.set(keyOf(pushed.name), pushed);
    for (const layer of pushed.image.layers) this.#note(layer, pushed.name);
  }

  #note(layer: Layer, name: string): void {
    const known = this.#layers.get(layer.diffId) ?? knownLayer(layer);
    if (!known.images.includes(name)) this.#layers.set(layer.diffId, { ...known, images: [...known.images, name] });
  }
}

/** A name without a tag means the latest. */
function keyOf(name: string): string {
  const { repository, tag = 'latest' } = parseImageName(name);
  return `${repository}:${tag}`;
}

function knownLayer({ diffId, descriptor: { digest }, bytes }: Layer): KnownLayer {
  const isUncompressed = digest === (diffId as string);
  return { diffId, digest, compressed: bytes, uncompressed: isUncompressed ? bytes : gunzipSync(bytes), images: [] };
}

function manifest(kind: string, name: string): Buffer {
  return Buffer.from(`apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n`);
}
