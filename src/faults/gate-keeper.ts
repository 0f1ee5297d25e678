// SPDX-License-Identifier: Apache-2.0
import { signalGroup } from '../foundation/process-table.ts';
import type { FileCall, RegistryTarget } from '../history/event.ts';
import type { Recorder } from '../history/recorder.ts';
import { isDiskFault, type DiskFault, type GateAction } from './gate-action.ts';
import { heldAfter, type GateRule } from './gate.ts';
import { Gate, type GateParts } from './gate-at-work.ts';
import { watchIdleness } from './idleness.ts';
import { Turns, type TurnRule } from './turns.ts';

/** A place in a body. */
export interface BodyStop {
  readonly afterBytes: number;
  /** Resolves when the gate there does not hold the body any more. */
  hold(signal?: AbortSignal): Promise<GateAction>;
  /** Tells that what is done to bodies was done to this one. */
  readonly struck: () => void;
  /** The body may end here, and look whole: its length can't be told before. */
  readonly mayEnd: boolean;
}

/** What is to be done with a request that stood at a gate. */
export interface Sentence {
  readonly action: GateAction;
  /** Tells that what is done to bodies was done to that of its answer. */
  readonly struck: () => void;
}

/** What may have to stand at a gate. */
export type Arrival = RequestArrival | CallArrival | StartArrival;

/** A process that would be started now. */
export interface StartArrival {
  readonly participant: string;
  readonly start: true;
}

/** A process that has made a file call, and stands. */
export interface CallArrival {
  readonly participant: string;
  readonly call: FileCall;
}

/** A request that wants to pass. */
export interface RequestArrival {
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
  pass(arrival: RequestArrival, signal?: AbortSignal): Promise<Sentence>;
  /** Resolves when the process may be started; `signal` says that nobody wants it any more. */
  passStart(participant: string, signal?: AbortSignal): Promise<void>;
  /** The same for a process that stands after a file call. */
  passCall(arrival: CallArrival): Promise<GateAction>;
  /** Where the body of the answer is to be held, in order. */
  bodyStops(arrival: RequestArrival, length: number): readonly BodyStop[];
  /** From now on it can be told whether the participant does anything. */
  participantStarted(participant: string, pid: number): void;
  /** Something is on its way to the participant, until the function returned is called. */
  answering(participant: string): () => void;
  /** Whether anybody stands at a gate now: who does nothing meanwhile may be waiting for that one. */
  isHolding(): boolean;
  /** A participant that ended never arrives: gates that wait for it in vain open as `abandoned`. */
  participantEnded(participant: string): void;
  /** Opens every gate and records those that never opened by their condition. */
  close(): void;
}

export interface GateKeeperSettings {
  readonly participants: readonly string[];
  readonly recorder: Recorder;
  /** Looks at the cache, when a gate is about to open since nobody moves. */
  readonly look?: () => Promise<void>;
  /** Where given, every step besides waits for its turn. */
  readonly turns?: TurnRule;
  /** Makes that what the process writes to the cache from now on fails. */
  readonly failDisk?: (participant: string, pid: number, fault: DiskFault) => Promise<void>;
}

export function createGateKeeper(rules: readonly GateRule[], settings: GateKeeperSettings): GateKeeper {
  return new Keeper(rules, settings);
}

/** Longer than clients wait before they ask again. */
const stuckMs = 4000;

class Keeper implements GateKeeper {
  readonly #settings: GateKeeperSettings;
  readonly #live: Set<string>;
  readonly #idleness = watchIdleness();
  readonly #pids = new Map<string, number>();
  readonly #gates: readonly Gate[];
  readonly #turns: Turns | undefined;
  /** Those who were told to die, and have not ended; and what lets the others go on then. */
  readonly #dying = new Set<string>();
  readonly #thaws: (() => void)[] = [];

  constructor(rules: readonly GateRule[], settings: GateKeeperSettings) {
    const { participants, recorder, look, turns } = settings;
    this.#settings = settings;
    this.#live = new Set(participants);
    const parts: GateParts = {
      recorder,
      participants,
      live: this.#live,
      idleness: this.#idleness,
      look: look ?? (async () => await Promise.resolve()),
      gateNamed: (name) => this.#gates.find((gate) => gate.rule.name === name),
      isHeld: (participant) => this.#gates.some((gate) => gate.holds(participant)),
      arrived: () => this.#gates.forEach((gate) => gate.recheck()),
      kill: (participant) => this.#kill(participant),
      isStuck: () => this.#isStuck(),
    };
    this.#gates = rules.map((rule) => new Gate(rule, parts));
    this.#turns = turns === undefined ? undefined : new Turns(turns, parts);
  }

  participantStarted(participant: string, pid: number): void {
    this.#pids.set(participant, pid);
    this.#idleness.started(participant, pid);
  }

  answering(participant: string): () => void {
    return this.#idleness.answering(participant);
  }

  async pass(arrival: RequestArrival, signal?: AbortSignal): Promise<Sentence> {
    for (const gate of this.#gates) gate.notice(arrival);
    const sentence = await holdInTurn(this.#gates.filter((one) => one.concerns(arrival, 'request')), arrival, signal);
    await this.#turns?.wait(arrival.participant, signal);
    return { ...sentence, action: await this.#withoutDisk(arrival, sentence.action) };
  }

  async passStart(participant: string, signal?: AbortSignal): Promise<void> {
    await holdInTurn(this.#gates.filter((one) => one.concernsStart(participant)), { participant, start: true }, signal);
  }

  async passCall(arrival: CallArrival): Promise<GateAction> {
    const { participant, call } = arrival;
    const { action } = await holdInTurn(this.#gates.filter((one) => one.concernsCall(arrival)), arrival);
    if (this.#settings.turns?.families.includes(call.family) === true) await this.#turns?.wait(participant);
    return action;
  }

  bodyStops(arrival: RequestArrival, length: number): readonly BodyStop[] {
    return this.#gates
      .filter((gate) => gate.concerns(arrival, 'body'))
      .map((gate) => ({ gate, afterBytes: heldAfter(gate.rule.at ?? 'headers', length) }))
      .sort((left, right) => left.afterBytes - right.afterBytes)
      .map(({ gate, afterBytes }) => ({
        afterBytes,
        hold: async (signal) => await this.#withoutDisk(arrival, await gate.hold(arrival, signal, afterBytes)),
        struck: () => gate.struck(arrival),
        mayEnd: gate.rule.then === 'short-body',
      }));
  }

  /** The request goes on, the disk does not. */
  async #withoutDisk({ participant }: RequestArrival, action: GateAction): Promise<GateAction> {
    if (!isDiskFault(action)) return action;
    // Nobody is to take it for one that waits meanwhile.
    const done = this.#idleness.answering(participant);
    await this.#settings.failDisk?.(participant, this.#pids.get(participant) ?? 0, action);
    done();
    return 'go';
  }

  #isStuck(): boolean {
    if (this.#gates.some((gate) => gate.opensInStandstill)) return false;
    // Each is looked at each time: since when one sleeps is known from looks alone.
    return [...this.#live].map((participant) => this.#idleness.isIdle(participant, stuckMs)).every(Boolean);
  }

  isHolding(): boolean {
    return [...this.#live].some((participant) => this.#gates.some((gate) => gate.holds(participant)));
  }

  participantEnded(participant: string): void {
    if (this.#dying.delete(participant) && this.#dying.size === 0) this.#thaw();
    this.#live.delete(participant);
    this.#pids.delete(participant);
    for (const gate of this.#gates) gate.participantEnded(participant);
    abandonVain(this.#gates, this.#live);
    this.#turns?.participantEnded(participant);
  }

  /**
   * The system lets go of what a process holds before the process is gone, and who waits for that would see a bit of both: nobody
   * else moves in between, but for those who stand at a gate anyway.
   */
  #kill(participant: string): void {
    const victim = this.#pids.get(participant);
    if (victim === undefined) return;
    this.#dying.add(participant);
    for (const [other, pid] of this.#pids) {
      if (this.#dying.has(other) || this.#gates.some((gate) => gate.holds(other))) continue;
      signalGroup(pid, 'SIGSTOP');
      this.#thaws.push(() => void signalGroup(pid, 'SIGCONT'));
    }
    signalGroup(victim, 'SIGKILL');
  }

  #thaw(): void {
    for (const thaw of this.#thaws.splice(0)) thaw();
  }

  close(): void {
    this.#thaw();
    for (const gate of this.#gates) gate.open('closed');
    this.#turns?.close();
  }
}

async function holdInTurn(gates: readonly Gate[], arrival: Arrival, signal?: AbortSignal): Promise<Sentence> {
  for (const gate of gates) {
    const action = await gate.hold(arrival, signal);
    if (action !== 'go') return { action, struck: () => gate.struck(arrival) };
  }
  return { action: 'go', struck: () => undefined };
}

/** Nobody comes to a gate any more for whom it was: who waits for that waits in vain. */
function abandonVain(gates: readonly Gate[], live: ReadonlySet<string>): void {
  for (const { rule, hasStood } of gates) {
    const expected = rule.hold.participants;
    if (hasStood || expected === undefined || expected.some((participant) => live.has(participant))) continue;
    for (const gate of gates) {
      const { until } = gate.rule;
      if ((until.kind === 'reached' || until.kind === 'failed-before') && until.gate === rule.name) gate.open('abandoned');
    }
  }
}
