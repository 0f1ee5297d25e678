// SPDX-License-Identifier: Apache-2.0

/** What a picture needs of a plan. Stored ones are of any version and from anywhere, so what is not as expected counts as not there. */
export interface Planned {
  /** As in the plan, in order. */
  readonly participants: readonly string[];
  readonly gates: ReadonlyMap<string, PlannedGate>;
  /** `schedule leader-follower/middle/1`, or how a scenario says it. */
  readonly meeting: string;
  readonly subject: string;
  readonly seed: string;
}

export interface PlannedGate {
  /** The kind of its condition. */
  readonly until: string;
  /** The gate or the participant that its condition is about. */
  readonly about: string;
  /** The gate at which that participant may stand as well; empty where it may not. */
  readonly orAt: string;
  /** Empty: those who stand there just go on. */
  readonly then: string;
}

export function plannedIn(plan: unknown): Planned {
  const gates = listIn(plan, 'gates').map((gate) => {
    const until = memberOf(gate, 'until');
    const about = textIn(until, 'gate') || textIn(until, 'participant');
    return [textIn(gate, 'name'), { until: textIn(until, 'kind'), about, orAt: textIn(until, 'orAt'), then: textIn(gate, 'then') }] as const;
  });
  return {
    participants: listIn(plan, 'participants').map((one) => textIn(one, 'name')).filter((name) => name !== ''),
    gates: new Map(gates),
    meeting: textIn(plan, 'meeting'),
    subject: textIn(plan, 'subject'),
    seed: textIn(plan, 'seed'),
  };
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function listIn(value: unknown, name: string): readonly unknown[] {
  const list = memberOf(value, name);
  return Array.isArray(list) ? list : [];
}

function textIn(value: unknown, name: string): string {
  const text = memberOf(value, name);
  return typeof text === 'string' || typeof text === 'number' ? String(text) : '';
}
