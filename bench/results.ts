import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { GroupReport, Picture } from './group.ts';
import type { Machine } from './machine.ts';
import type { Settings } from './settings.ts';

/** What a group measured, as it is kept. */
export interface GroupResult extends Omit<GroupReport, 'pictures'> {
  /** Their files stand beside this one. */
  readonly pictures?: readonly Omit<Picture, 'svg'>[];
  readonly group: string;
  readonly title: string;
  readonly about: string;
  /** What makes it again. */
  readonly command: string;
  /** What was measured, as of `describeCommit`; older results don't name it. */
  readonly commit?: string;
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly durationSeconds: number;
  readonly machine: Machine;
  /** How many cores the threads really got, before and after. */
  readonly coresAvailable: readonly [before: number, after: number];
  readonly settings: Settings & { readonly bytesPerMicrosecond: number };
}

/** A folder with one JSON file per group, of which the report is made. */
export class ResultsFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async save(result: GroupResult): Promise<void> {
    await this.#write(`${result.group}.json`, JSON.stringify(result, null, 2));
  }

  async savePicture({ name, svg }: Picture): Promise<void> {
    await mkdir(this.path, { recursive: true });
    await writeFile(join(this.path, `${name}.svg`), svg);
  }

  /** The group's latest result; undefined when it never ran. */
  async load(group: string): Promise<GroupResult | undefined> {
    try {
      return JSON.parse(await readFile(join(this.path, `${group}.json`), 'utf8')) as GroupResult;
    } catch (reason) {
      if ((reason as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw reason;
    }
  }

  async saveReport(markdown: string): Promise<void> {
    await this.#write('report.md', markdown);
  }

  /** Results are committed, so they have the format of the other files. */
  async #write(name: string, text: string): Promise<void> {
    const path = join(this.path, name);
    const config = await resolveConfig(path);
    await mkdir(this.path, { recursive: true });
    await writeFile(path, await format(text, { ...config, filepath: path }));
  }
}
