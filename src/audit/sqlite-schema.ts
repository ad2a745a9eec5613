import type { DatabaseSync } from 'node:sqlite';

/** Marks a file as a trail: `pxat` in SQLite's `application_id`. */
export const APPLICATION_ID = 0x70786174;

/**
 * What leads from each version of the schema to the next; the file's version, in `user_version`, is how many of these
 * it has been through. Steps are never changed once released, only added.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE run (
    id     INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL UNIQUE
  );

  CREATE TABLE batch (
    id       INTEGER PRIMARY KEY,
    run      INTEGER NOT NULL REFERENCES run (id),
    batch_id TEXT NOT NULL,
    UNIQUE (run, batch_id)
  );

  -- Records that came about together. seq is that of the first; the others follow without gaps.
  CREATE TABLE block (
    seq       INTEGER PRIMARY KEY,
    count     INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    batch     INTEGER NOT NULL REFERENCES batch (id),
    at        REAL NOT NULL,
    first_row INTEGER,
    last_row  INTEGER,
    call_key  TEXT,
    common    TEXT NOT NULL,
    body      TEXT NOT NULL,
    spans     TEXT,
    hash      TEXT NOT NULL
  );
  CREATE INDEX block_of_rows ON block (batch, kind, first_row);
  CREATE UNIQUE INDEX block_of_call ON block (call_key) WHERE call_key IS NOT NULL;

  -- Requests, responses and errors that are too large to stand more than once.
  CREATE TABLE payload (
    sha256 TEXT PRIMARY KEY,
    text   TEXT NOT NULL
  ) WITHOUT ROWID;

  -- The end of the chain.
  CREATE TABLE head (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    seq  INTEGER NOT NULL,
    hash TEXT NOT NULL
  );
  INSERT INTO head VALUES (1, 0, '');
  `,
];

/** Brings a file that is no newer than this package up to the newest schema. */
export function migrate(database: DatabaseSync): void {
  const version = versionOf(database);
  if (version === MIGRATIONS.length) return;
  database.exec('BEGIN IMMEDIATE');
  for (const step of MIGRATIONS.slice(version)) database.exec(step);
  database.exec(
    `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`,
  );
}

/** How many migrations the file has been through. */
export function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
}

export function newerVersionMessage(version: number): string {
  return `it was made by a newer version of pooled-executor, which has to be installed to use it: its schema is ${version}, the newest known here ${MIGRATIONS.length}`;
}
