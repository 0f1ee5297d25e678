// SPDX-License-Identifier: Apache-2.0
import { setWorldConstructor, World, type IWorldOptions } from '@cucumber/cucumber';
import type { ScenarioRun } from '../src/scenario/scenario-run.ts';

/** One per scenario: what its steps have set up and what was observed. The logic is in `src/scenario`. */
export class StampedeWorld extends World {
  #scenario: ScenarioRun | undefined;

  constructor(options: IWorldOptions) {
    super(options);
  }

  /** Set by the first hook. */
  set scenario(scenario: ScenarioRun) {
    this.#scenario = scenario;
  }

  get scenario(): ScenarioRun {
    if (this.#scenario === undefined) throw new Error('the scenario was not opened');
    return this.#scenario;
  }

  get isOpen(): boolean {
    return this.#scenario !== undefined;
  }
}

setWorldConstructor(StampedeWorld);
