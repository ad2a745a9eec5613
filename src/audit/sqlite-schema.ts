import type { DatabaseSync } from 'node:sqlite';

/** Marks a file as a trail: `pxat` in SQLite's `application_id`. */
export const APPLICATION_ID = 0x70786174;

/** A field of a record: it stands in the record, or is the same in the whole block, or counts up from its first. */
function field(name: string, column: string): string {
  const counted = `(block.common ->> '$.from.${name}') + item.key`;
  return `coalesce(item.value ->> '${name}', block.common ->> '${name}', ${counted}) AS ${column}`;
}

/** A payload as JSON text, wherever it stands. */
function payload(name: string): string {
  const hash = (tag: string) => `item.value ->> '$.${name}."$tagged"."${tag}"'`;
  return `coalesce((SELECT text FROM payload WHERE sha256 = coalesce(${hash('$payload')}, ${hash('$textPayload')})),
    item.value -> '${name}') AS ${name}`;
}

const ROW_INDEX = `coalesce(item.value ->> 'rowIndex', block.common ->> 'rowIndex', (block.common ->> '$.from.rowIndex') + item.key)`;
const STATE_ID = `coalesce(item.value ->> 'stateId', block.common ->> 'stateId', 'row-' || ${ROW_INDEX}) AS state_id`;

/** Records of one kind, each a row with its fields in columns: for queries by hand. */
function view(name: string, kind: string, columns: readonly string[]): string {
  const all = ['run.run_id', 'batch.batch_id', 'block.seq + item.key AS seq', 'block.at', ...columns];
  return `
  CREATE VIEW ${name} AS SELECT ${all.join(',\n    ')}
  FROM block JOIN batch ON batch.id = block.batch JOIN run ON run.id = batch.run, json_each(block.body) AS item
  WHERE block.kind = '${kind}';
  `;
}

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
  CREATE INDEX block_of_rows ON block (first_row, last_row, kind);
  CREATE INDEX block_of_kind ON block (batch, kind, at, count);
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
  ` +
    view('batches', 'batch', [
      field('transform', 'transform'),
      field('options', 'options'),
      field('continues', 'continues'),
    ]) +
    view('"rows"', 'row', [`${ROW_INDEX} AS row_index`, STATE_ID, payload('request')]) +
    view('attempts', 'attempt', [
      `${ROW_INDEX} AS row_index`,
      STATE_ID,
      field('attempt', 'attempt'),
      field('outcome', 'outcome'),
      payload('response'),
      payload('error'),
      field('threadId', 'thread_id'),
      field('sliceId', 'slice_id'),
      field('dispatchedAt', 'dispatched_at'),
      field('startedAt', 'started_at'),
      field('finishedAt', 'finished_at'),
      field('delayMs', 'delay_ms'),
      field('backoffMs', 'backoff_ms'),
    ]) +
    view('calls', 'call', [
      field('stateId', 'state_id'),
      field('callIndex', 'call_index'),
      field('attempt', 'attempt'),
      field('name', 'name'),
      field('phase', 'phase'),
      payload('request'),
      payload('response'),
      payload('error'),
    ]) +
    view('entries', 'entry', [
      `${ROW_INDEX} AS row_index`,
      STATE_ID,
      field('status', 'status'),
      payload('error'),
      field('submitIndex', 'submit_index'),
      field('completeIndex', 'complete_index'),
      field('submittedAt', 'submitted_at'),
      field('completedAt', 'completed_at'),
      field('bufferWaitMs', 'buffer_wait_ms'),
      field('attempts', 'attempts'),
    ]) +
    view('batch_ends', 'batch-end', [field('stats', 'stats')]),
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
