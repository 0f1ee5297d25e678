// SPDX-License-Identifier: Apache-2.0
import type { Arrival, CallArrival, GateKeeperSettings, RequestArrival } from './gate-keeper.ts';
import { faultNamed, isOfBodies, type GateAction } from './gate-action.ts';
import type { GateRule } from './gate.ts';
import { sampleMs, type Idleness } from './idleness.ts';
import { matches, partyOf, whereOf } from './matching.ts';
import type { GateOpening } from '../history/event.ts';

/** After which who has nothing to do has done what it could with bytes that it has: one that could run and gets no processor does not wait. */
const digestedMs = 3 * sampleMs;

export interface GateParts extends Pick<GateKeeperSettings, 'participants' | 'recorder'> {
  readonly live: ReadonlySet<string>;
  readonly idleness: Idleness;
  /** Called when somebody comes to stand at a gate. */
  readonly arrived: () => void;
  /** Looks at the cache while everybody stands. */
  readonly look: () => Promise<void>;
  readonly gateNamed: (name: string) => Gate | undefined;
  /** Whether it stands at any gate now. */
  readonly isHeld: (participant: string) => boolean;
  readonly kill: (participant: string) => void;
  /** True when nobody has done anything for long, and nothing that is known of will change that: who is waited for does not come. */
  readonly isStuck: () => boolean;
}

/** How often it is worth asking that. */
const stuckSampleMs = 100;

/** One rule at work. Once open it stays open: its purpose was to force one meeting. */
export class Gate {
  readonly #rule: GateRule;
  readonly #parts: GateParts;
  /** Those who stand here, and what lets each of them go. */
  readonly #waiting = new Map<Arrival, (action: GateAction) => void>();
  /** Parties that `until.of` has seen, for the `requests` condition. */
  readonly #seen = new Set<string>();
  #isOpen = false;
  #hasStood = false;
  #hasStruck = false;
  #isLooking = false;
  #timer: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  #vain: NodeJS.Timeout | undefined;

  constructor(rule: GateRule, parts: GateParts) {
    this.#rule = rule;
    this.#parts = parts;
  }

  /** Whether something was done to somebody here. */
  get hasStruck(): boolean {
    return this.#hasStruck;
  }

  /** Whether somebody stands, or has stood, here. */
  get hasStood(): boolean {
    return this.#hasStood;
  }

  /** Whether somebody stands here and has done what it could with what has come so far, or has stood here. */
  get isReached(): boolean {
    return this.#hasStood && (this.#rule.at === undefined || [...this.#waiting.keys()].every(({ participant }) => this.#parts.idleness.isIdle(participant, digestedMs)));
  }

  /** True for a gate that would still hold the body, or the request, of this arrival. */
  concerns(arrival: RequestArrival, what: 'request' | 'body'): boolean {
    return !this.#isOpen && (this.#rule.at === undefined) === (what === 'request') && matches(this.#rule.hold, arrival);
  }

  /** The same for a process after a file call. */
  concernsCall({ participant, call }: CallArrival): boolean {
    const { hold } = this.#rule;
    return !this.#isOpen && 'call' in hold && hold.call === call.family && [hold.entry].flat().includes(call.entry) && hold.nth === call.nth && hold.participants.includes(participant);
  }

  /** The same for a process that has not been started. */
  concernsStart(participant: string): boolean {
    const { hold } = this.#rule;
    return !this.#isOpen && 'start' in hold && hold.participants.includes(participant);
  }

  /** Whether somebody stands here who goes on when nobody has moved for long enough. */
  get opensInStandstill(): boolean {
    return !this.#isOpen && this.#waiting.size > 0 && this.#rule.until.kind === 'standstill';
  }

  holds(participant: string): boolean {
    return [...this.#waiting.keys()].some((arrival) => arrival.participant === participant);
  }

  get rule(): GateRule {
    return this.#rule;
  }

  /** Counts towards a `requests` condition, held or not. */
  notice(arrival: RequestArrival): void {
    const { until } = this.#rule;
    if (until.kind !== 'requests' || !matches(until.of, arrival)) return;
    this.#seen.add(partyOf(until.parties, arrival));
    this.recheck();
  }

  /** What is to be done with the one who stood here. */
  async hold(arrival: Arrival, signal?: AbortSignal, afterBytes?: number): Promise<GateAction> {
    if (this.#isOpen || signal?.aborted === true) return 'go';
    const { participant } = arrival;
    const place = afterBytes === undefined ? {} : { afterBytes };
    this.#parts.recorder.record({ kind: 'gate-arrived', gate: this.#rule.name, participant, ...whereOf(arrival), ...place });
    this.#timer ??= setTimeout(() => this.open('timeout'), this.#rule.timeoutMs);
    if (isAboutIdleness(this.#rule.until)) this.#watch ??= setInterval(() => this.recheck(), sampleMs);
    this.#vain ??= setInterval(() => void (this.#parts.isStuck() && this.open('abandoned')), stuckSampleMs);
    this.#hasStood = true;
    const release = this.#putOnHold(arrival, afterBytes);
    return await new Promise<GateAction>((resolve) => {
      this.#waiting.set(arrival, (action) => {
        this.#waiting.delete(arrival);
        // At once: another gate may look in the same moment who has nothing to do.
        release();
        resolve(action);
      });
      signal?.addEventListener('abort', () => this.#waiting.get(arrival)?.('go'), { once: true });
      this.recheck();
      this.#parts.arrived();
    });
  }

  #putOnHold(arrival: Arrival, afterBytes: number | undefined): () => void {
    const { idleness } = this.#parts;
    if ('call' in arrival) return idleness.standing(arrival.participant);
    return afterBytes === undefined ? () => undefined : idleness.holding(arrival.participant);
  }

  participantEnded(ended: string): void {
    const { until } = this.#rule;
    const { live } = this.#parts;
    if (this.#isOpen) return;
    // Its requests may still stand here, as their sockets close later: nobody meets the dead.
    for (const [arrival, go] of this.#waiting) {
      if (arrival.participant === ended) go('go');
    }
    if (live.size === 0) return this.open('abandoned');
    if (until.kind === 'standstill' || until.kind === 'ended-or-waits') return this.recheck();
    if (until.kind === 'reached' || until.kind === 'failed-before') return;
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
    clearInterval(this.#vain);
    const { name, until, isOptional = false, then = 'go' } = this.#rule;
    if (isOptional && !this.#hasStood) return;
    const others = until.kind === 'standstill' ? this.#others() : {};
    const planned = then === 'go' ? {} : { fault: faultNamed(then) };
    this.#parts.recorder.record({ kind: 'gate-opened', gate: name, reason, arrived: this.#arrived().size, wanted: until.count, ...others, ...planned });
    for (const [arrival, go] of [...this.#waiting]) go(reason === 'condition' ? this.#strike(arrival) : 'go');
  }

  /** Opens if the condition is met by now. */
  recheck(): void {
    const somebodyStands = this.#waiting.size > 0;
    if (this.#isOpen || !somebodyStands || this.#isLooking || !this.#isMet()) return;
    if (this.#rule.until.kind !== 'standstill') return this.open('condition');
    // Nobody moves now; it counts if nobody has moved by the time that it was seen what lies there.
    this.#isLooking = true;
    const go = (reason: GateOpening): void => {
      this.#isLooking = false;
      if (reason !== 'condition' || (this.#waiting.size > 0 && this.#isMet())) this.open(reason);
    };
    this.#parts.look().then(() => go('condition'), () => go('closed'));
  }

  #isMet(): boolean {
    const { until } = this.#rule;
    switch (until.kind) {
      case 'reached':
        return this.#parts.gateNamed(until.gate)?.isReached === true;
      case 'failed-before':
        return this.#parts.gateNamed(until.gate)?.hasStruck === true && this.#parts.live.size > 0 && [...this.#parts.live].every((one) => this.#isIdle(one));
      case 'ended-or-waits':
        return this.#hasEndedOrWaits(until.participant) || (until.orAt !== undefined && this.#parts.gateNamed(until.orAt)?.holds(until.participant) === true);
      case 'standstill':
        return this.#nobodyMoves();
      case 'arrivals':
      case 'requests':
        return this.#arrived().size >= until.count;
    }
  }

  #hasEndedOrWaits(participant: string): boolean {
    return !this.#parts.live.has(participant) || (!this.#parts.isHeld(participant) && this.#parts.idleness.isIdle(participant));
  }

  /** Who stands here in the middle of a body may still be busy with what came before. */
  #nobodyMoves(): boolean {
    const asked = this.#rule.at === undefined ? this.#absent() : [...this.#parts.live];
    return asked.filter((one) => !this.#isIdle(one)).length === 0;
  }

  #isIdle(participant: string): boolean {
    const { until } = this.#rule;
    return this.#parts.idleness.isIdle(participant, until.kind === 'standstill' ? until.forMs : undefined);
  }

  /** Tells that what the gate is for was done to the one who stood here. */
  struck(arrival: Arrival): void {
    const { name, then = 'go' } = this.#rule;
    this.#hasStruck = true;
    this.#parts.recorder.record({ kind: 'fault-struck', gate: name, participant: arrival.participant, ...('request' in arrival ? { request: arrival.request } : {}), fault: faultNamed(then) });
  }

  /** Who changes a body tells by itself when it has done so. */
  #strike(arrival: Arrival): GateAction {
    const { then = 'go' } = this.#rule;
    if (then === 'go' || isOfBodies(then)) return then;
    this.struck(arrival);
    if (then === 'kill') this.#parts.kill(arrival.participant);
    return then;
  }

  /** Live participants that do not stand here. */
  #absent(): readonly string[] {
    const here = this.#arrived();
    return [...this.#parts.live].filter((participant) => !here.has(participant));
  }

  #others(): { readonly waiting: readonly string[]; readonly ended: readonly string[] } {
    const { live, participants } = this.#parts;
    return { waiting: this.#absent().filter((one) => this.#isIdle(one)), ended: participants.filter((one) => !live.has(one)) };
  }

  #arrived(): ReadonlySet<string> {
    const { until } = this.#rule;
    if (until.kind === 'requests') return this.#seen;
    return new Set([...this.#waiting.keys()].map((arrival) => partyOf(until.parties, arrival)));
  }
}

/** Nobody tells when somebody waits: one has to look. */
function isAboutIdleness({ kind }: GateRule['until']): boolean {
  return kind === 'reached' || kind === 'standstill' || kind === 'ended-or-waits' || kind === 'failed-before';
}
