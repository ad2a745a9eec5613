import { rmSync } from 'node:fs';
import { DatabaseSync } from './node-sqlite.ts';
import { isBusy } from './sqlite-error.ts';

/**
 * The right to write to a trail: one holder at a time, over all processes. It is a transaction on a small database beside
 * the trail, so that the operating system ends it with its process, however that dies, and others can read who holds it.
 */
export class TrailLock {
  readonly #path: string;
  readonly #database: DatabaseSync;

  /** @throws Error when it is held, with a message that is part of a sentence. */
  constructor(trailPath: string) {
    this.#path = `${trailPath}-lock`;
    this.#database = new DatabaseSync(this.#path);
    try {
      this.#database.exec('PRAGMA busy_timeout = 0; PRAGMA synchronous = OFF');
      this.#acquire();
    } catch (reason) {
      const holder = isBusy(reason) ? this.#holder() : undefined;
      this.#database.close();
      throw isBusy(reason) ? new Error(heldMessage(holder), { cause: reason }) : reason;
    }
  }

  release(): void {
    rmSync(this.#path, { force: true }); // while it is held: whoever has opened it already finds it moved, and fails
    this.#database.close();
  }

  #acquire(): void {
    this.#database.exec(`
      BEGIN IMMEDIATE;
      CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL);
      DELETE FROM holder;
      INSERT INTO holder VALUES (${process.pid});
      COMMIT;
      BEGIN IMMEDIATE`);
  }

  #holder(): number | undefined {
    try {
      return Number(this.#database.prepare('SELECT pid FROM holder').get()?.['pid']);
    } catch {
      return undefined; // it is just being taken
    }
  }
}

function heldMessage(holder: number | undefined): string {
  if (holder === process.pid) return 'this process has it open for writing already';
  const who = holder === undefined ? 'another process' : `process ${holder}`;
  return `${who} writes to it: only one may, so wait until that ends or choose another file`;
}
