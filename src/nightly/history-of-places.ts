// SPDX-License-Identifier: Apache-2.0
import type { Count } from '../statistics/proportion.ts';
import type { NightRecord, Target } from './record.ts';
import { sumOf } from './rate.ts';
import type { NightStore } from './store.ts';

/** What was looked at: one target under one strategy at one place, whoever led. */
export interface Place {
  readonly target: string;
  readonly strategy: string;
  readonly place: string;
}

/** One place in one night on one build. Runs without a verdict of held or broken are not counted: nothing was looked at. */
interface PlaceNight {
  readonly night: number;
  readonly build: string;
  readonly subject: string;
  runs: number;
  readonly symptoms: Map<string, number>;
}

export interface Failure extends Place {
  readonly symptom: string;
}

/** All nights up to one, by place; everything about findings is counted here. */
export class HistoryOfPlaces {
  /** Oldest first; tonight is the last. */
  readonly nights: readonly NightRecord[];
  readonly #places = new Map<string, PlaceNight[]>();
  readonly #failures = new Map<string, Failure>();

  constructor(store: NightStore, upTo: string) {
    const all = store.nights();
    this.nights = all.slice(0, all.findIndex(({ id }) => id === upTo) + 1);
    const order = new Map(this.nights.map(({ id }, index) => [id, index]));
    for (const { night, build, symptom, verdict, runs, ...place } of store.places()) {
      const index = order.get(night);
      if (index === undefined || (verdict !== 'held' && verdict !== 'broken')) continue;
      const here = this.#at(place, index, build);
      here.runs += runs;
      if (verdict !== 'broken') continue;
      const failure = { target: place.target, strategy: place.strategy, place: place.place, symptom: symptom ?? '' };
      here.symptoms.set(failure.symptom, (here.symptoms.get(failure.symptom) ?? 0) + runs);
      this.#failures.set(JSON.stringify(failure), failure);
    }
  }

  get tonight(): number {
    return this.nights.length - 1;
  }

  /** Each cause on each target that was ever seen. */
  failures(): readonly Failure[] {
    return [...this.#failures.values()];
  }

  /** Of one failure in the nights from one to another, both included; of all builds, or of those that are meant. */
  count(failure: Failure, from: number, to: number, isMeant: (build: string) => boolean = () => true): Count {
    return sumOf(this.#of(failure).filter(({ night, build }) => night >= from && night <= to && isMeant(build)).map((one) => hitsOf(one, failure.symptom)));
  }

  /** The builds on which it was seen until a night, that included. */
  badBuilds(failure: Failure, until: number): ReadonlySet<string> {
    return new Set(this.#of(failure).filter(({ night, symptoms }) => night <= until && symptoms.has(failure.symptom)).map(({ build }) => build));
  }

  /** The nights in which it was seen, oldest first. */
  nightsOf(failure: Failure): readonly number[] {
    return [...new Set(this.#of(failure).filter(({ symptoms }) => symptoms.has(failure.symptom)).map(({ night }) => night))].sort((one, other) => one - other);
  }

  /** By build, over all targets of the subject. */
  builds(failure: Failure, subject: string): ReadonlyMap<string, Count> {
    const builds = new Map<string, Count>();
    for (const [key, nights] of this.#places) {
      const [, strategy, place] = JSON.parse(key) as [string, string, string];
      if (strategy !== failure.strategy || place !== failure.place) continue;
      for (const one of nights) if (one.subject === subject) builds.set(one.build, sumOf([builds.get(one.build) ?? { hits: 0, runs: 0 }, hitsOf(one, failure.symptom)]));
    }
    return builds;
  }

  /** As what a target was known in a night. */
  targetIn(night: number, name: string): Target | undefined {
    return this.nights[night]?.targets.find((target) => target.name === name);
  }

  /** Runs at places that a rule is about, from a night on. */
  runsAt(isMeant: (place: Place) => boolean, from: number): number {
    let runs = 0;
    for (const [key, nights] of this.#places) {
      const [target, strategy, place] = JSON.parse(key) as [string, string, string];
      if (isMeant({ target, strategy, place })) runs += nights.filter(({ night }) => night >= from).reduce((sum, one) => sum + one.runs, 0);
    }
    return runs;
  }

  #of({ target, strategy, place }: Place): readonly PlaceNight[] {
    return this.#places.get(JSON.stringify([target, strategy, place])) ?? [];
  }

  #at({ target, strategy, place }: Place, night: number, build: string): PlaceNight {
    const key = JSON.stringify([target, strategy, place]);
    const nights = this.#places.get(key) ?? [];
    this.#places.set(key, nights);
    const known = nights.find((one) => one.night === night && one.build === build);
    if (known !== undefined) return known;
    const made = { night, build, subject: this.targetIn(night, target)?.subject ?? '', runs: 0, symptoms: new Map<string, number>() };
    nights.push(made);
    return made;
  }
}

function hitsOf({ runs, symptoms }: PlaceNight, symptom: string): Count {
  return { hits: symptoms.get(symptom) ?? 0, runs };
}
