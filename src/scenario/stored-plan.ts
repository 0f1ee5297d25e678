// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { StampedeError } from '../foundation/errors.ts';
import type { GateRule } from '../faults/gate.ts';
import { isDiskFault, isOfBodies } from '../faults/gate-action.ts';
import type { Plan } from './plan.ts';
import { planSchema } from './plan-schema.ts';

const version = 1;

/**
 * Reads a plan back that a run has stored.
 * @throws StampedeError PLAN_INVALID: no such file, no JSON, a newer version, or fields that are wrong, all named at once
 */
export async function readPlan(file: string): Promise<Plan> {
  const document = await documentIn(file);
  const made = (document as { readonly version?: unknown } | null)?.version;
  if (typeof made === 'number' && made > version) {
    throw new StampedeError('PLAN_INVALID', `${file} is a plan of version ${made}, and this program reads version ${version}`, { hint: 'use the program that made it, or a newer one than this' });
  }
  const parsed = planSchema.safeParse(document);
  const problems = parsed.success ? senselessIn(parsed.data) : parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the plan'}: ${message}`);
  if (parsed.success && problems.length === 0) return parsed.data;
  throw new StampedeError('PLAN_INVALID', `${file} is no plan:\n${problems.map((problem) => `  ${problem}`).join('\n')}`, { hint: 'schemas/plan.schema.json says what a plan is' });
}

async function documentIn(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new StampedeError('PLAN_INVALID', `there is no plan at ${file}`, { cause, hint: 'give the folder of a stored run, the one that plan.json lies in' });
  });
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new StampedeError('PLAN_INVALID', `${file} is damaged: it is not JSON`, { cause, hint: 'a plan is written before its run starts; take that of another run' });
  }
}

/** What is well-formed, and can never come true: nobody is to wait for it. */
export function senselessIn({ participants, gates }: Pick<Plan, 'participants' | 'gates'>): readonly string[] {
  const known = new Set(participants.map(({ name }) => name));
  const named = new Set(gates.map(({ name }) => name));
  return gates.flatMap((gate) => {
    const { hold, until, name } = gate;
    const strangers = [...(hold.participants ?? []), ...(until.kind === 'ended-or-waits' ? [until.participant] : [])].filter((one) => !known.has(one));
    const parties = 'parties' in until && until.parties === 'repository' ? (until.kind === 'requests' ? until.of.repositories?.length : undefined) : known.size;
    return [
      ...strangers.map((stranger) => `the gate "${name}" is for ${stranger}, who takes no part`),
      ...(parties !== undefined && until.count > parties ? [`the gate "${name}" waits for ${until.count}, and there are ${parties}`] : []),
      ...gatesIn(until).filter((other) => !named.has(other)).map((other) => `the gate "${name}" waits for the gate "${other}", which there is not`),
      ...misplacedIn(gate).map((problem) => `the gate "${name}" ${problem}`),
    ];
  });
}

function gatesIn(until: GateRule['until']): readonly string[] {
  if ('gate' in until) return [until.gate];
  return until.kind === 'ended-or-waits' && until.orAt !== undefined ? [until.orAt] : [];
}

function misplacedIn({ hold, at, then = 'go' }: GateRule): readonly string[] {
  if ('start' in hold) return at === undefined && then === 'go' ? [] : ['is for processes that have not been started, to which nothing can be done'];
  const isOfCalls = 'call' in hold;
  const isOfRequests = !isOfCalls && at === undefined;
  if (isOfCalls && at !== undefined) return ['is after a file call, and in a body'];
  if (then === 'evict' && !isOfCalls) return ['removes entries, and holds no file call'];
  if (isOfCalls && (typeof then === 'number' || isOfBodies(then) || isDiskFault(then) || then === 'reset' || then === 'cut' || typeof then === 'object')) return ['is after a file call, where no request can be struck'];
  return typeof then === 'number' && !isOfRequests ? ['gives another status when the head of the answer has been sent'] : [];
}
