// SPDX-License-Identifier: Apache-2.0
import { eventsOf, type RegistryTarget } from '../history/event.ts';
import type { GateRule } from './gate.ts';
import { createGateKeeper, type GateKeeper, type GateKeeperSettings } from './gate-keeper.ts';
import { memoryRecorder } from './test-ends.ts';

export const layer = 'sha256:layer';
// Long enough that no test meets it, short enough that one that hangs tells soon.
export const timeoutMs = 5_000;

/** A gate at which so many have to stand. */
export const barrier = (count: number, parties: 'participant' | 'repository' = 'participant'): GateRule => ({
  name: 'together',
  hold: { resource: 'blob', references: [layer] },
  until: { kind: 'arrivals', parties, count },
  timeoutMs,
});

/** A gate keeper, and requests that come to it. */
export class Bench {
  readonly recorder = memoryRecorder();
  readonly keeper: GateKeeper;
  /** Labels of the requests that got through, in order. */
  readonly through: string[] = [];
  #requests = 0;

  constructor(rules: readonly GateRule[], participants: readonly string[], settings: Pick<GateKeeperSettings, 'look' | 'failDisk' | 'turns'> = {}) {
    this.keeper = createGateKeeper(rules, { participants, recorder: this.recorder, ...settings });
  }

  /** Sends a request for the layer unless told otherwise. */
  send(participant: string, target: Partial<RegistryTarget> = {}, signal?: AbortSignal): Promise<void> {
    this.#requests += 1;
    const whole: RegistryTarget = { resource: 'blob', repository: 'app', reference: layer, ...target };
    const arrival = { participant, request: this.#requests, target: whole };
    return this.keeper.pass(arrival, signal).then(() => void this.through.push(participant));
  }

  openings(): readonly (readonly [string, string, number, number])[] {
    return eventsOf(this.recorder.events(), 'gate-opened').map(({ gate, reason, arrived, wanted }) => [gate, reason, arrived, wanted]);
  }

  arrivals(): readonly string[] {
    return eventsOf(this.recorder.events(), 'gate-arrived').map(({ participant }) => participant);
  }
}

/** Whatever could go through by now has gone: promise jobs all run before an immediate does. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
