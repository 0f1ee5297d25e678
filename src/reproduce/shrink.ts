// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { Attempt, AttemptSettings, Forced } from '../explore/attempt.ts';
import { monotonicMs } from '../foundation/clock.ts';
import { hasCode } from '../foundation/errors.ts';
import { readPlan } from '../scenario/stored-plan.ts';
import type { Count } from '../statistics/proportion.ts';
import { again, type Again, type Wanted } from './again.ts';
import { openCase, type Bench, type Case, type OpenCase, type Size } from './case.ts';
import { fewerGates, leastOf, reductionsOf, type Reduction } from './reductions.ts';
import type { Report } from './report.ts';
import { requireQuietAlone } from './serial-check.ts';

/** So often in a row what is smaller has to show the same, before it is taken in place of what is larger. */
const sure = 3;
/** So often the result is forced in the end. */
export const stabilityRuns = 20;

/** Something smaller that was tried. */
export interface Step {
  readonly words: string;
  readonly isKept: boolean;
  readonly count: Count;
  /** Why it could not even be tried. */
  readonly because: string | undefined;
}

export interface Shrunk {
  readonly smallest: Case;
  /** Of its size. */
  readonly open: OpenCase;
  readonly steps: readonly Step[];
  /** Of the smallest, forced so often in the end. */
  readonly stability: Again;
  /** How many attempts it took to be as small as that, and when it was: those that show how stable it is come after. */
  readonly runs: number;
  readonly smallAt: number;
}

export interface ShrinkRequest {
  readonly bench: Bench;
  readonly report: Report;
  readonly found: Case;
  /** The attempt that has shown it: its plan has the gates. */
  readonly attempt: Attempt;
  readonly open: OpenCase;
  readonly wanted: Wanted;
  readonly onStep: (step: Step) => void;
  readonly onTry: (words: string) => void;
}

/** Takes away what is not needed for the same symptom of the same cause; each size that is tried is opened anew, gates come last. */
export async function shrink(request: ShrinkRequest): Promise<Shrunk> {
  const work = new Shrinking(request);
  await work.shrinkSize();
  const held = await work.shrinkGates();
  return await work.finish(held);
}

class Shrinking {
  readonly #request: ShrinkRequest;
  readonly #steps: Step[] = [];
  #size: Size;
  #runs = 0;
  #open: { readonly size: Size; readonly open: OpenCase };

  constructor(request: ShrinkRequest) {
    this.#request = request;
    this.#size = request.found;
    this.#open = { size: request.found, open: request.open };
  }

  async shrinkSize(): Promise<void> {
    const least = leastOf(this.#size, this.#request.found.schedule);
    if (least === undefined || (await this.#tries(least))) return;
    for (let dimension = 0; dimension < reductionsOf(this.#size, this.#request.found.schedule).length; dimension += 1) await this.#shrinkIn(dimension);
  }

  /** In one direction as far as it goes. */
  async #shrinkIn(dimension: number): Promise<void> {
    const refused = new Set<string>();
    for (;;) {
      const next = reductionsOf(this.#size, this.#request.found.schedule)[dimension]?.find(({ words }) => !refused.has(words));
      if (next === undefined) return;
      if (!(await this.#tries(next))) refused.add(next.words);
    }
  }

  async #tries({ size, words }: Reduction): Promise<boolean> {
    const { found, wanted } = this.#request;
    this.#request.onTry(words);
    try {
      const { settings } = await this.#openAt(size);
      const count = await this.#again({ schedule: found.schedule, forced: undefined }, wanted, settings, { runs: sure, stopAtMiss: true });
      return this.#noted({ words, isKept: count.hits === sure, count, because: undefined }, size);
    } catch (error) {
      // Where it fails alone, it can't be told what a race makes of it.
      if (!hasCode(error, 'SUBJECT_FAILS')) throw error;
      return this.#noted({ words, isKept: false, count: { hits: 0, runs: 0 }, because: 'it fails alone' }, size);
    }
  }

  async #again(those: Pick<Case, 'schedule' | 'forced'>, wanted: Wanted, settings: AttemptSettings, times: { readonly runs: number; readonly stopAtMiss?: boolean }): Promise<Again> {
    const count = await again(those, wanted, settings, times);
    this.#runs += count.runs;
    return count;
  }

  #noted(step: Step, size = this.#size): boolean {
    this.#steps.push(step);
    this.#request.onStep(step);
    if (step.isKept) this.#size = size;
    return step.isKept;
  }

  async #openAt(size: Size): Promise<OpenCase> {
    if (this.#open.size === size) return this.#open.open;
    await this.#open.open.close();
    const { bench, open, report } = this.#request;
    this.#open = { size, open: await openCase(bench, size, { look: async (alone) => await requireQuietAlone(report, alone), known: open.settings.probe }) };
    return this.#open.open;
  }

  /** The gates that are left; undefined: those that the schedule's name stands for. */
  async shrinkGates(): Promise<Forced | undefined> {
    const { found, wanted, onTry } = this.#request;
    const { settings } = await this.#openAt(this.#size);
    const first = await this.#again({ schedule: found.schedule, forced: undefined }, wanted, settings, { runs: 1 });
    if (first.shown === undefined) return undefined;
    const plan = await readPlan(join(first.shown.folder, 'scheduled', 'plan.json'));
    let held: Forced | undefined;
    let left: Forced = { gates: plan.gates, ...(plan.turns === undefined ? {} : { turns: plan.turns }) };
    for (const { name } of plan.gates) {
      const fewer = fewerGates(left, plan.participants.map((one) => one.name)).find(({ forced: { gates } }) => gates.every((gate) => gate.name !== name));
      if (fewer === undefined) continue;
      onTry(fewer.words);
      const count = await this.#again({ schedule: found.schedule, forced: fewer.forced }, wanted, settings, { runs: sure, stopAtMiss: true });
      if (this.#noted({ words: fewer.words, isKept: count.hits === sure, count, because: undefined })) held = left = fewer.forced;
    }
    return held;
  }

  /** What is right so often by luck is not what was looked for: gates that were taken away come back then. */
  async finish(forced: Forced | undefined): Promise<Shrunk> {
    const { found, wanted, onTry } = this.#request;
    const open = await this.#openAt(this.#size);
    const [runs, smallAt] = [this.#runs, monotonicMs()];
    const force = async (those: Forced | undefined): Promise<Again> => {
      onTry(`${stabilityRuns} times the smallest`);
      return await this.#again({ schedule: found.schedule, forced: those }, wanted, open.settings, { runs: stabilityRuns });
    };
    const stability = await force(forced);
    const smallest = { ...this.#size, schedule: found.schedule, forced };
    if (stability.hits === stabilityRuns || forced === undefined) return { smallest, open, steps: this.#steps, stability, runs, smallAt };
    const full = await force(undefined);
    if (full.hits <= stability.hits) return { smallest, open, steps: this.#steps, stability, runs, smallAt };
    this.#noted({ words: `all gates put back, with fewer it was ${stability.hits} of ${stability.runs}`, isKept: false, count: full, because: undefined });
    return { smallest: { ...smallest, forced: undefined }, open, steps: this.#steps, stability: full, runs, smallAt };
  }
}
