import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliFolder } from './cli.ts';

/** Folders as runs of the command line have left them: each is made once, and copied for every test that starts from it. */
export class RunRecordings {
  readonly #root = mkdtempSync(join(tmpdir(), 'pooled-executor-recordings-'));
  readonly #paths = new Map<string, string>();

  /** `record` runs in the empty folder when nothing has this name yet. */
  async copyInto(folder: CliFolder, name: string, record: () => Promise<void>): Promise<void> {
    const path = this.#paths.get(name);
    if (path !== undefined) {
      cpSync(path, folder.path, { recursive: true });
      return;
    }
    await record();
    const own = join(this.#root, String(this.#paths.size));
    cpSync(folder.path, own, { recursive: true });
    this.#paths.set(name, own);
  }

  remove(): void {
    rmSync(this.#root, { recursive: true });
  }
}
