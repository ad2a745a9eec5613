import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf } from '../core/row-error.ts';
import { APPLICATION_ID, migrate, MIGRATIONS, newerVersionMessage, versionOf } from './sqlite-schema.ts';

/** How a trail's file is opened. */
export interface TrailFileOptions {
  readonly path: string;
  /** Only reads, and never creates anything. */
  readonly readOnly: boolean;
  /** Whether a file that doesn't exist is created. */
  readonly create: boolean;
}

/** The SQLite file of a trail, open for writing or reading. Synchronous: for a worker of its own. */
export class TrailFile {
  readonly path: string;
  readonly database: DatabaseSync;

  /** @throws Error "Cannot open audit trail /data/run.db as it doesn't exist". */
  constructor(options: TrailFileOptions) {
    this.path = options.path;
    try {
      this.database = openDatabase(options);
    } catch (reason) {
      throw new Error(`Cannot open audit trail ${options.path} as ${messageOf(reason)}`, { cause: reason });
    }
  }

  close(): void {
    this.database.close();
  }
}

function openDatabase({ path, readOnly, create }: TrailFileOptions): DatabaseSync {
  const exists = existsSync(path);
  if (exists && statSync(path).isDirectory()) throw new Error('it is a folder');
  if (!exists && (readOnly || !create)) throw new Error("it doesn't exist");
  if (!existsSync(dirname(path))) throw new Error(`the folder ${dirname(path)} doesn't exist`);
  const database = new DatabaseSync(path, { readOnly });
  try {
    checkIsTrail(database, readOnly);
    if (!readOnly) {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384');
      migrate(database);
    }
    return database;
  } catch (reason) {
    database.close();
    throw reason;
  }
}

function checkIsTrail(database: DatabaseSync, readOnly: boolean): void {
  const id = Number(database.prepare('PRAGMA application_id').get()?.['application_id']);
  const version = versionOf(database);
  const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  if (isEmpty && id === 0 && version === 0 && !readOnly) return;
  if (id !== APPLICATION_ID) throw new Error('it is no audit trail');
  if (version > MIGRATIONS.length) throw new Error(newerVersionMessage(version));
}
