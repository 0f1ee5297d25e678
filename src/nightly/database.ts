// SPDX-License-Identifier: Apache-2.0
import { existsSync, rmSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { StampedeError } from '../foundation/errors.ts';
import { takeStore } from './ownership.ts';

/** The format of the tables; a store of a later one is left alone. */
export const storeFormat = 1;
/** "stam", as SQLite's own header keeps it: which program's file this is. https://www.sqlite.org/fileformat2.html#application_id */
const applicationId = 0x7374616d;
const fileName = 'nightly.sqlite';

const tables = `
  CREATE TABLE nights (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    record TEXT NOT NULL
  );
  CREATE TABLE planned (
    night TEXT NOT NULL, position INTEGER NOT NULL, target TEXT NOT NULL, participants INTEGER NOT NULL,
    schedule TEXT NOT NULL, nth INTEGER NOT NULL, is_new INTEGER NOT NULL,
    PRIMARY KEY (night, position)
  ) WITHOUT ROWID;
  CREATE TABLE runs (
    id TEXT NOT NULL UNIQUE, night TEXT NOT NULL, position INTEGER NOT NULL, target TEXT NOT NULL, build TEXT NOT NULL,
    participants INTEGER NOT NULL, schedule TEXT NOT NULL, strategy TEXT NOT NULL, place TEXT NOT NULL, nth INTEGER NOT NULL, is_new INTEGER NOT NULL,
    verdict TEXT NOT NULL, symptom TEXT, sentence TEXT, started_at TEXT NOT NULL, duration_ms REAL NOT NULL, validator_ms REAL NOT NULL,
    peak_rss INTEGER, folder TEXT
  );
  CREATE INDEX runs_by_night ON runs (night, position);
  CREATE INDEX runs_by_place ON runs (target, strategy, place, night);
  CREATE INDEX runs_with_findings ON runs (night) WHERE verdict <> 'held';
`;

export type Value = number | string | null;
export type Row = Readonly<Record<string, Value>>;

export interface Database {
  readonly all: (sql: string, values?: readonly Value[]) => readonly Row[];
  readonly run: (sql: string, values?: readonly Value[]) => void;
  /** One statement for many rows. */
  readonly each: (sql: string, rows: Iterable<readonly Value[]>) => void;
  /** All of it or nothing: after a crash, too. */
  readonly transaction: (action: () => void) => void;
  readonly close: () => void;
}

/**
 * Opens the database of a store, and makes it where there is none and `isNew` allows that.
 * @throws StampedeError STORE_MISSING, STORE_BUSY, STORE_NEWER, STORE_DAMAGED, DISK_FULL; the last ones from every call
 */
export function openDatabase(folder: string, { isNew }: { readonly isNew: boolean }): Database {
  const file = join(folder, fileName);
  if (!isNew && !existsSync(file)) throw new StampedeError('STORE_MISSING', `there is no store in ${folder}`, { hint: 'npm run nightly -- --campaign FILE --store DIR makes one' });
  const leave = takeStore(folder);
  const guarded = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw explained(error, folder);
    }
  };
  let database: sqlite.Database | undefined;
  try {
    // Nobody else is in, so a lock that is there is of one that was killed.
    rmSync(`${file}.lock`, { recursive: true, force: true });
    const opened = guarded(() => new sqlite.Database(file));
    database = opened;
    guarded(() => prepare(opened, file));
  } catch (error) {
    if (database?.isOpen === true) database.close();
    leave();
    throw error;
  }
  return over(database, guarded, leave);
}

function over(database: sqlite.Database, guarded: <T>(action: () => T) => T, leave: () => void): Database {
  return {
    all: (sql, values = []) => guarded(() => database.all(sql, [...values]) as Row[]),
    run: (sql, values = []) => guarded(() => void database.run(sql, [...values])),
    each: (sql, rows) => guarded(() => {
      const statement = database.prepare(sql);
      try {
        for (const row of rows) statement.run([...row]);
      } finally {
        statement.finalize();
      }
    }),
    transaction: (action) => guarded(() => {
      database.exec('BEGIN IMMEDIATE');
      try {
        action();
        database.exec('COMMIT');
      } catch (error) {
        if (database.inTransaction) database.exec('ROLLBACK');
        throw error;
      }
    }),
    close: () => {
      if (!database.isOpen) return;
      try {
        database.close();
      } finally {
        leave();
      }
    },
  };
}

function prepare(database: sqlite.Database, file: string): void {
  const format = Number(database.get('PRAGMA user_version')?.['user_version']);
  const owner = Number(database.get('PRAGMA application_id')?.['application_id']);
  if (format > storeFormat) throw new StampedeError('STORE_NEWER', `${file} has format ${format}: a later version of this project made it, and this one knows ${storeFormat}`, { hint: 'use that version, or another --store' });
  database.exec('PRAGMA synchronous = FULL; PRAGMA journal_mode = TRUNCATE');
  if (format === 0) {
    const isEmpty = database.all('SELECT name FROM sqlite_master').length === 0;
    if (!isEmpty) throw new StampedeError('STORE_DAMAGED', `${file} is a database of something else`);
    database.exec(`BEGIN; ${tables} PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${storeFormat}; COMMIT`);
    return;
  }
  if (owner !== applicationId) throw new StampedeError('STORE_DAMAGED', `${file} is a database of something else`);
  const found = database.all('PRAGMA quick_check(3)').map((row) => String(Object.values(row)[0]));
  if (found.join() !== 'ok') throw new StampedeError('STORE_DAMAGED', `${file} is damaged: ${found.join('; ')}`, { hint });
}

const hint = 'move it away and merge the bundles of its nights into a new one: npm run nightly -- merge';

/** The library has one class of errors and tells by words. */
function explained(error: unknown, folder: string): unknown {
  if (error instanceof StampedeError || !(error instanceof Error)) return error;
  const { message } = error;
  const file = join(folder, fileName);
  if (/disk is full/i.test(message) || (/I\/O error|unable to open/i.test(message) && isFull(folder))) return new StampedeError('DISK_FULL', `no room for the store ${file}`, { cause: error, hint: 'make room and go on with --resume: what was stored is still there' });
  if (/malformed|not a database|corrupt/i.test(message)) return new StampedeError('STORE_DAMAGED', `${file} is damaged: ${message}`, { cause: error, hint });
  if (/unable to open|readonly|I\/O error/i.test(message)) return new StampedeError('FOLDER_NOT_WRITABLE', `${file} can't be read and written: ${message}`, { cause: error });
  return error;
}

function isFull(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return statSync(folder).isDirectory() && bavail * bsize < 256 * 1024;
}
