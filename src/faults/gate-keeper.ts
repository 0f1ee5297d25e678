// SPDX-License-Identifier: Apache-2.0
import type { GateOpening, RegistryTarget } from '../history/event.ts';
import type { Recorder } from '../history/recorder.ts';
import type { GateMatch, GateRule, Party } from './gate.ts';
import { sampleMs, watchIdleness, type Idleness } from './idleness.ts';

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
  /** From now on it can be told whether the participant does anything. */
  participantStarted(participant: string, pid: number): void;
  /** Something is on its way to the participant, until the function returned is called. */
  answering(participant: string): () => void;
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
  const idleness = watchIdleness();
  const gates = rules.map((rule) => new Gate(rule, { recorder, live, participants, idleness }));
  return {
    participantStarted: (participant, pid) => idleness.started(participant, pid),
    answering: (participant) => idleness.answering(participant),
    async pass(arrival, signal) {
      for (const gate of gates) gate.notice(arrival);
      for (const gate of gates) await gate.hold(arrival, signal);
    },
    participantEnded(participant) {
      live.delete(participant);
      for (const gate of gates) gate.participantEnded(participant);
    },
    close() {
      for (const gate of gates) gate.open('closed');
    },
  };
}

interface GateParts extends GateKeeperSettings {
  readonly live: ReadonlySet<string>;
  readonly idleness: Idleness;
}

/** One rule at work. Once open it stays open: its purpose was to force one meeting. */
class Gate {
  readonly #rule: GateRule;
  readonly #parts: GateParts;
  /** Requests standing here, by number. */
  readonly #waiting = new Map<number, { readonly arrival: Arrival; readonly go: () => void }>();
  /** Parties that `until.of` has seen, for the `requests` condition. */
  readonly #seen = new Set<string>();
  #isOpen = false;
  #timer: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;

  constructor(rule: GateRule, parts: GateParts) {
    this.#rule = rule;
    this.#parts = parts;
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
    this.#parts.recorder.record({ kind: 'gate-arrived', gate: this.#rule.name, participant, request, repository: target.repository ?? '' });
    this.#timer ??= setTimeout(() => this.open('timeout'), this.#rule.timeoutMs);
    if (this.#rule.until.kind === 'standstill') this.#watch ??= setInterval(() => this.#openIfMet(), sampleMs);
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

  participantEnded(ended: string): void {
    const { until } = this.#rule;
    const { live } = this.#parts;
    if (this.#isOpen) return;
    // Its requests may still stand here, as their sockets close later: nobody meets the dead.
    for (const [request, { arrival, go }] of this.#waiting) {
      if (arrival.participant !== ended) continue;
      this.#waiting.delete(request);
      go();
    }
    if (live.size === 0) return this.open('abandoned');
    if (until.kind === 'standstill') return this.#openIfMet();
    if (until.parties === 'repository') return;
    const waitingOrSeen = this.#arrived();
    const canStillCome = [...live].filter((participant) => !waitingOrSeen.has(participant)).length;
    if (waitingOrSeen.size + canStillCome < until.count) this.open('abandoned');
  }

  open(reason: GateOpening): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    const { name, until } = this.#rule;
    const others = until.kind === 'standstill' ? this.#others() : {};
    this.#parts.recorder.record({ kind: 'gate-opened', gate: name, reason, arrived: this.#arrived().size, wanted: until.count, ...others });
    for (const { go } of this.#waiting.values()) go();
    this.#waiting.clear();
  }

  #openIfMet(): void {
    const { until } = this.#rule;
    const somebodyStands = this.#waiting.size > 0;
    const has = this.#arrived();
    const isMet = until.kind === 'standstill' ? this.#absent().every((one) => this.#parts.idleness.isIdle(one)) : has.size >= until.count;
    if (!this.#isOpen && somebodyStands && isMet) this.open('condition');
  }

  /** Live participants that do not stand here. */
  #absent(): readonly string[] {
    const here = this.#arrived();
    return [...this.#parts.live].filter((participant) => !here.has(participant));
  }

  #others(): { readonly waiting: readonly string[]; readonly ended: readonly string[] } {
    const { live, participants, idleness } = this.#parts;
    return { waiting: this.#absent().filter((one) => idleness.isIdle(one)), ended: participants.filter((one) => !live.has(one)) };
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
