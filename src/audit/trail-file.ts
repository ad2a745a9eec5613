import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from './node-sqlite.ts';
import { pathToFileURL } from 'node:url';
import { reasonOf } from './sqlite-error.ts';
import { APPLICATION_ID, migrate, MIGRATIONS, newerVersionMessage, versionOf } from './sqlite-schema.ts';
import { TrailLock } from './trail-lock.ts';

/**
 * Blocks fill many pages. Half as many of twice the usual size cost a trail's thread some 7% less CPU time under load, and a
 * commit of few records writes little more.
 */
const PAGE_BYTES = 8_192;

/** How a trail's file is opened. */
export interface TrailFileOptions {
  readonly path: string;
  /** Only reads, and never creates anything. */
  readonly readOnly: boolean;
  /** Whether a file that doesn't exist is created. */
  readonly create: boolean;
}

/** The SQLite file of a trail, open for writing or reading. Synchronous: for a thread of its own. */
export class TrailFile {
  readonly path: string;
  readonly database: DatabaseSync;
  readonly #lock: TrailLock | undefined;

  /** @throws Error "Cannot open audit trail /data/run.db as it doesn't exist". */
  constructor(options: TrailFileOptions) {
    this.path = options.path;
    try {
      checkPath(options);
      this.#lock = options.readOnly ? undefined : new TrailLock(options.path);
      this.database = options.readOnly ? openToRead(options.path) : openToWrite(options.path);
    } catch (reason) {
      this.#lock?.release();
      throw new Error(`Cannot open audit trail ${options.path} as ${reasonOf(reason)}`, { cause: reason });
    }
  }

  close(): void {
    this.database.close();
    this.#lock?.release();
  }
}

/** Refuses what is no trail before anything is created beside it. */
function checkPath({ path, readOnly, create }: TrailFileOptions): void {
  const folder = dirname(path);
  if (!existsSync(path)) {
    if (readOnly || !create) throw new Error("it doesn't exist");
    if (!existsSync(folder)) throw new Error(`the folder ${folder} doesn't exist: create it first`);
    return;
  }
  const status = statSync(path);
  if (status.isDirectory()) throw new Error('it is a folder');
  if (status.size > 0 || readOnly) checkHeader(path);
}

/** Where a file of SQLite has its application id. */
const APPLICATION_ID_OFFSET = 68;
const HEADER_BYTES = 100;

function checkHeader(path: string): void {
  const header = Buffer.alloc(HEADER_BYTES);
  const file = openSync(path, 'r');
  try {
    readSync(file, header);
  } finally {
    closeSync(file);
  }
  if (header.readUInt32BE(APPLICATION_ID_OFFSET) !== APPLICATION_ID) throw new Error('it is no audit trail');
}

function openToWrite(path: string): DatabaseSync {
  return opened(new DatabaseSync(path), (database) => {
    checkVersion(database);
    database.exec(`PRAGMA page_size = ${PAGE_BYTES}`); // only a new file takes it
    migrate(database); // before WAL, so that a new file says from its first byte on what it is
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  });
}

function openToRead(path: string): DatabaseSync {
  return opened(databaseToRead(path), (database) => {
    checkVersion(database);
    database.exec('PRAGMA query_only = ON');
  });
}

/** SQLite needs files of its own beside one that others may write to; where it can't make them nobody writes. */
function databaseToRead(path: string): DatabaseSync {
  if (isWritable(path) && isWritable(dirname(path))) return new DatabaseSync(path);
  const mode = existsSync(`${path}-wal`) ? '' : '?immutable=1';
  return new DatabaseSync(`${pathToFileURL(path).href}${mode}`, { readOnly: true });
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function checkVersion(database: DatabaseSync): void {
  const version = versionOf(database);
  if (version > MIGRATIONS.length) throw new Error(newerVersionMessage(version));
}

function opened(database: DatabaseSync, prepare: (database: DatabaseSync) => void): DatabaseSync {
  try {
    prepare(database);
    return database;
  } catch (reason) {
    database.close();
    throw reason;
  }
}
