// SPDX-License-Identifier: Apache-2.0
import { eventsOf, type History } from '../../history/event.ts';

/** What the layers of a run are called in its picture: sixty-four hex digits can't be told apart by eye. */
export interface Names {
  /** The text with every digest in it replaced: `layer A`, `tar of layer A`, `e530fb2a…` for others. */
  in(text: string): string;
  /** Bytes of the content that is named by these hex digits, where the history tells. */
  sizeOf(hex: string): number | undefined;
  /** Whether these hex digits name a layer that the run is about. */
  isLayer(hex: string): boolean;
  /** Each name, and what it stands for. */
  readonly layers: readonly NamedLayer[];
}

export interface NamedLayer {
  readonly name: string;
  readonly digest: string;
  readonly diffId: string;
  readonly size: number;
}

const digestForm = /(\blayer )?(?:sha256[:-])?([0-9a-f]{64})/g;

/** Of all histories of a page together, so that a layer has one name in them. */
export function namesFor(histories: readonly History[]): Names {
  const history = histories.flat();
  const layers = layersIn(history);
  const names = new Map(layers.flatMap(({ name, digest, diffId }) => [[hexIn(diffId), `tar of ${name}`], [hexIn(digest), name]] as const));
  const sizes = sizesIn(history, layers);
  return {
    in: (text) => text.replaceAll(digestForm, (_, what: string | undefined, hex: string) => names.get(hex) ?? `${what ?? ''}${hex.slice(0, 8)}…`),
    sizeOf: (hex) => sizes.get(hex),
    isLayer: (hex) => names.has(hex),
    layers,
  };
}

/** The sixty-four hex digits in a digest or a path, or nothing. */
export function hexIn(text: string): string {
  return /[0-9a-f]{64}/.exec(text)?.[0] ?? '';
}

function layersIn(history: History): readonly NamedLayer[] {
  const workloads = eventsOf(history, 'workload-known');
  const shared = new Set(workloads.map((workload) => workload.shared));
  const known = new Map(workloads.flatMap(({ layers }) => layers).map((layer) => [layer.digest, layer]));
  const inOrder = [...known.values()].sort((one, other) => Number(shared.has(other.digest)) - Number(shared.has(one.digest)));
  return inOrder.map(({ digest, diffId, size }, index) => ({ name: `layer ${letter(index)}`, digest, diffId, size }));
}

/** Of layers as they travel, and of entries that were seen whole: how long a tar is stands nowhere else. */
function sizesIn(history: History, layers: readonly NamedLayer[]): ReadonlyMap<string, number> {
  const whole = eventsOf(history, 'cache-file-seen').filter((seen) => seen.class === 'exact').map(({ path, size }) => [hexIn(path), size] as const);
  return new Map([...whole, ...layers.map(({ digest, size }) => [hexIn(digest), size] as const)]);
}

/** `A` to `Z`, then numbers. */
function letter(index: number): string {
  return index < 26 ? String.fromCharCode(65 + index) : String(index + 1);
}
