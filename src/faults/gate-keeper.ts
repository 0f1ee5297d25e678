// SPDX-License-Identifier: Apache-2.0
import type { GateOpening, RegistryTarget } from '../history/event.ts';
import type { Recorder } from '../history/recorder.ts';
import type { GateMatch, GateRule, Party } from './gate.ts';

/** A request that wants to pass. */
export interface Arrival {
  readonly participant: string;
  readonly request: number;
  readonly target: RegistryTarget;
}

/**
 * Holds requests until their gates open.
 *
 *     door ──pass()──► [gate: wait until the condition] ──► upstream
 *                          ▲            ▲         ▲
 *                     other arrivals   exits   time-out
 */
export interface GateKeeper {
  /** Resolves when no gate holds the request any more; `signal` says that its client has gone. */
  pass(arrival: Arrival, signal?: AbortSignal): Promise<void>;
  /** A participant that ended never arrives: gates that wait for it in vain open as `abandoned`. */
  participantEnded(participant: string): void;
  /** Opens every gate and records those that never opened by their condition. */
  close(): void;
}

export interface GateKeeperSettings {
  readonly participants: readonly string[];
  readonly recorder: Recorder;
}

export function createGateKeeper(rules: readonly GateRule[], { participants, recorder }: GateKeeperSettings): GateKeeper {
  const live = new Set(participants);
  const gates = rules.map((rule) => new Gate(rule, recorder));
  return {
    async pass(arrival, signal) {
      for (const gate of gates) gate.notice(arrival);
      for (const gate of gates) await gate.hold(arrival, signal);
    },
    participantEnded(participant) {
      live.delete(participant);
      for (const gate of gates) gate.participantEnded(participant, live);
    },
    close() {
      for (const gate of gates) gate.open('closed');
    },
  };
}

/** One rule at work. Once open it stays open: its purpose was to force one meeting. */
class Gate {
  readonly #rule: GateRule;
  readonly #recorder: Recorder;
  /** Requests standing here, by number. */
  readonly #waiting = new Map<number, { readonly arrival: Arrival; readonly go: () => void }>();
  /** Parties that `until.of` has seen, for the `requests` condition. */
  readonly #seen = new Set<string>();
  #isOpen = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(rule: GateRule, recorder: Recorder) {
    this.#rule = rule;
    this.#recorder = recorder;
  }

  /** Counts towards a `requests` condition, held or not. */
  notice({ participant, target }: Arrival): void {
    const { until } = this.#rule;
    if (until.kind !== 'requests' || !matches(until.of, target)) return;
    this.#seen.add(partyOf(until.parties, participant, target));
    this.#openIfMet();
  }

  async hold(arrival: Arrival, signal?: AbortSignal): Promise<void> {
    if (this.#isOpen || signal?.aborted === true || !matches(this.#rule.hold, arrival.target)) return;
    const { participant, request, target } = arrival;
    this.#recorder.record({ kind: 'gate-arrived', gate: this.#rule.name, participant, request, repository: target.repository ?? '' });
    this.#timer ??= setTimeout(() => this.open('timeout'), this.#rule.timeoutMs);
    await new Promise<void>((go) => {
      const leave = (): void => {
        this.#waiting.delete(request);
        go();
      };
      this.#waiting.set(request, { arrival, go });
      signal?.addEventListener('abort', leave, { once: true });
      this.#openIfMet();
    });
  }

  participantEnded(ended: string, live: ReadonlySet<string>): void {
    const { until } = this.#rule;
    if (this.#isOpen) return;
    // Its requests may still stand here, as their sockets close later: nobody meets the dead.
    for (const [request, { arrival, go }] of this.#waiting) {
      if (arrival.participant !== ended) continue;
      this.#waiting.delete(request);
      go();
    }
    if (live.size === 0) return this.open('abandoned');
    if (until.parties === 'repository') return;
    const waitingOrSeen = this.#arrived();
    const canStillCome = [...live].filter((participant) => !waitingOrSeen.has(participant)).length;
    if (waitingOrSeen.size + canStillCome < until.count) this.open('abandoned');
  }

  open(reason: GateOpening): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    clearTimeout(this.#timer);
    const { name, until } = this.#rule;
    this.#recorder.record({ kind: 'gate-opened', gate: name, reason, arrived: this.#arrived().size, wanted: until.count });
    for (const { go } of this.#waiting.values()) go();
    this.#waiting.clear();
  }

  #openIfMet(): void {
    const somebodyStands = this.#waiting.size > 0;
    if (!this.#isOpen && somebodyStands && this.#arrived().size >= this.#rule.until.count) this.open('condition');
  }

  #arrived(): ReadonlySet<string> {
    const { until } = this.#rule;
    if (until.kind === 'requests') return this.#seen;
    return new Set([...this.#waiting.values()].map(({ arrival }) => partyOf(until.parties, arrival.participant, arrival.target)));
  }
}

function matches({ resource, references, repositories }: GateMatch, target: RegistryTarget): boolean {
  if (resource !== target.resource) return false;
  if (references !== undefined && !references.includes(target.reference ?? '')) return false;
  return repositories === undefined || repositories.includes(target.repository ?? '');
}

function partyOf(parties: Party, participant: string, target: RegistryTarget): string {
  switch (parties) {
    case 'participant':
      return participant;
    case 'repository':
      return target.repository ?? '';
  }
}
