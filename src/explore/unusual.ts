// SPDX-License-Identifier: Apache-2.0
import { attest, sign } from '../scenario/fixtures.ts';
import type { PushedImage } from '../scenario/images.ts';
import type { ScenarioRun } from '../scenario/scenario-run.ts';

/** Images that some caches can't cope with, whatever the timing: `same-size`, all of whose layers are of one size, or `large-layer`. */
export type Unusual = 'same-size' | 'large-layer';

/** More than a process of this kind takes or gives back by chance. */
export const largeLayerBytes = 64 * 1024 * 1024;

/** An operator bundle as the others, signed and attested. */
export async function pushUnusual(scenario: ScenarioRun, which: Unusual): Promise<PushedImage> {
  const name = `acceptance/${which}`;
  const image = await scenario.images.pushPlainBundle(name, which === 'large-layer' ? largeLayerBytes : undefined);
  const signing = { keyName: 'known', logging: 'bundled', provenance: 'slsa-v0.2' } as const;
  await Promise.all([sign(scenario, name, signing), attest(scenario, name, signing)]);
  return image;
}
