// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { placeOf } from '../explore/cause.ts';
import { openDatabase, type Database, type Row, type Value } from './database.ts';
import type { NightRecord, RunRecord, RunVerdict } from './record.ts';

/** A run that is to be made. */
export interface PlannedRun {
  readonly position: number;
  readonly target: string;
  readonly participants: number;
  readonly schedule: string;
  readonly nth: number;
  readonly isNewPlan: boolean;
}

/** How often something came out how, at one place. */
export interface PlaceCount {
  readonly night: string;
  readonly target: string;
  readonly build: string;
  readonly strategy: string;
  readonly place: string;
  /** Of broken runs; null for others. */
  readonly symptom: string | null;
  readonly verdict: RunVerdict;
  readonly runs: number;
  readonly durationMs: number;
}

export interface RunQuery {
  readonly night?: string;
  readonly verdicts?: readonly RunVerdict[];
}

const columns = ['id', 'night', 'position', 'target', 'build', 'participants', 'schedule', 'strategy', 'place', 'nth', 'is_new', 'verdict', 'symptom', 'sentence', 'started_at', 'duration_ms', 'validator_ms', 'peak_rss', 'folder'] as const;
const insertRun = `INSERT INTO runs (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT (id) DO NOTHING`;

/**
 * All nights of a store. Nights are in the order in which the store learned of them, so that a clock that jumps moves none; runs in the order
 * of their positions. One process at a time has it open.
 */
export class NightStore {
  readonly folder: string;
  readonly #database: Database;

  private constructor(folder: string, database: Database) {
    this.folder = folder;
    this.#database = database;
  }

  /** @throws StampedeError as `openDatabase` */
  static open(folder: string, { isNew = false }: { readonly isNew?: boolean } = {}): NightStore {
    const path = resolve(folder);
    return new NightStore(path, openDatabase(path, { isNew }));
  }

  close(): void {
    this.#database.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Oldest first. */
  nights(): readonly NightRecord[] {
    return this.#database.all('SELECT record FROM nights ORDER BY seq').map(({ record }) => JSON.parse(String(record)) as NightRecord);
  }

  night(id: string): NightRecord | undefined {
    const [row] = this.#database.all('SELECT record FROM nights WHERE id = ?', [id]);
    return row === undefined ? undefined : (JSON.parse(String(row['record'])) as NightRecord);
  }

  /** Adds a night, or replaces what is known of it; its place in the order stays. */
  saveNight(night: NightRecord): void {
    this.#database.run('INSERT INTO nights (id, record) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record', [night.id, JSON.stringify(night)]);
  }

  /** A night with all that is to be run in it: all of it or nothing. */
  beginNight(night: NightRecord, planned: readonly PlannedRun[]): void {
    this.#database.transaction(() => {
      this.saveNight(night);
      this.#database.each('INSERT INTO planned (night, position, target, participants, schedule, nth, is_new) VALUES (?, ?, ?, ?, ?, ?, ?)', planned.map((one) => [night.id, one.position, one.target, one.participants, one.schedule, one.nth, one.isNewPlan ? 1 : 0]));
    });
  }

  /** The list of a night that was begun here; nights that came in bundles have none. */
  planned(night: string): readonly PlannedRun[] {
    return this.#database.all('SELECT * FROM planned WHERE night = ? ORDER BY position', [night]).map((row) => ({
      position: Number(row['position']), target: String(row['target']), participants: Number(row['participants']), schedule: String(row['schedule']), nth: Number(row['nth']), isNewPlan: row['is_new'] === 1,
    }));
  }

  /** Runs and what the night has become by them, in one step; a run that is there already stays as it is. */
  addRuns(runs: Iterable<RunRecord>, night?: NightRecord): void {
    this.#database.transaction(() => {
      this.#database.each(insertRun, valuesOf(runs));
      if (night !== undefined) this.saveNight(night);
    });
  }

  /** The same, but each run is put in the place of one that has its id. */
  putRuns(runs: readonly RunRecord[], night: NightRecord): void {
    this.#database.transaction(() => {
      this.#database.each('DELETE FROM runs WHERE id = ?', runs.map(({ id }) => [id]));
      this.#database.each(insertRun, valuesOf(runs));
      this.saveNight(night);
    });
  }

  runs({ night, verdicts }: RunQuery = {}): readonly RunRecord[] {
    const conditions = [...(night === undefined ? [] : ['night = ?']), ...(verdicts === undefined ? [] : [`verdict IN (${verdicts.map(() => '?').join(', ')})`])];
    const values = [...(night === undefined ? [] : [night]), ...(verdicts ?? [])];
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    return this.#database.all(`SELECT * FROM runs ${where} ORDER BY night, position`, values).map(runOf);
  }

  /** In the order of the ids; those that are not there are left out. */
  runsById(ids: readonly string[]): readonly RunRecord[] {
    return ids.flatMap((id) => this.#database.all('SELECT * FROM runs WHERE id = ?', [id]).map(runOf));
  }

  /** Positions of a night's runs that are done. */
  done(night: string): ReadonlySet<number> {
    return new Set(this.#database.all('SELECT position FROM runs WHERE night = ?', [night]).map(({ position }) => Number(position)));
  }

  /** Everything counted by night, target, build, place and outcome: what statistics are made from. */
  places(): readonly PlaceCount[] {
    return this.#database
      .all('SELECT night, target, build, strategy, place, symptom, verdict, count(*) AS runs, sum(duration_ms) AS duration FROM runs GROUP BY night, target, build, strategy, place, symptom, verdict')
      .map((row) => ({ ...(row as unknown as PlaceCount), durationMs: Number(row['duration']) }));
  }

  /** Keys of plans that were run in any other night. */
  plansSeen(except: string): ReadonlySet<string> {
    return new Set(this.#database.all("SELECT DISTINCT target || '/' || participants || '/' || schedule AS plan FROM runs WHERE night <> ? AND verdict <> 'harness'", [except]).map(({ plan }) => String(plan)));
  }

  /** Any question, for people and reports; what it changes is not kept from it. */
  query(sql: string, values: readonly Value[] = []): readonly Row[] {
    return this.#database.all(sql, values);
  }

  /** Says that folders are not kept any more. */
  forgetFolders(ids: readonly string[]): void {
    this.#database.transaction(() => this.#database.each('UPDATE runs SET folder = NULL WHERE id = ?', ids.map((id) => [id])));
  }
}

function* valuesOf(runs: Iterable<RunRecord>): Iterable<readonly Value[]> {
  for (const run of runs) {
    yield [run.id, run.night, run.position, run.target, run.build, run.participants, run.schedule, run.strategy, placeOf(run.schedule).place, run.nth, run.isNewPlan ? 1 : 0, run.verdict, run.cause?.symptom ?? null, run.sentence, run.startedAt, run.durationMs, run.validatorMs, run.peakRssBytes, run.folder];
  }
}

function runOf(row: Row): RunRecord {
  const { symptom, strategy, place } = row;
  return {
    id: String(row['id']), night: String(row['night']), position: Number(row['position']), target: String(row['target']), build: String(row['build']),
    participants: Number(row['participants']), schedule: String(row['schedule']), strategy: String(strategy), nth: Number(row['nth']), isNewPlan: row['is_new'] === 1,
    verdict: String(row['verdict']) as RunVerdict,
    cause: symptom === null || symptom === undefined ? null : { symptom: String(symptom), strategy: String(strategy), place: String(place) },
    sentence: text(row['sentence']), startedAt: String(row['started_at']), durationMs: Number(row['duration_ms']), validatorMs: Number(row['validator_ms']),
    peakRssBytes: typeof row['peak_rss'] === 'number' ? row['peak_rss'] : null, folder: text(row['folder']),
  };
}

function text(value: Value | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
