import { basename, extname } from 'node:path';
import { UsageError } from './exit.ts';

/** How rows stand in a file. */
export type RowFormat = 'ndjson' | 'csv';

/** What a file's name says about its content. */
export interface FileKind {
  readonly format: RowFormat;
  readonly gzip: boolean;
}

const FORMATS: ReadonlyMap<string, RowFormat> = new Map([
  ['.ndjson', 'ndjson'],
  ['.jsonl', 'ndjson'],
  ['.json', 'ndjson'],
  ['.csv', 'csv'],
]);

/**
 * Reads the kind of a file off its name.
 *
 * @param file its path; undefined for stdin and stdout
 * @param fallback the format when the name does not tell
 * @throws UsageError for an extension that is not known, without a fallback
 */
export function kindOf(file: string | undefined, fallback: RowFormat | undefined): FileKind {
  if (file === undefined) return { format: fallback ?? 'ndjson', gzip: false };
  const name = basename(file);
  const gzip = name.endsWith('.gz');
  const extension = extname(gzip ? name.slice(0, -'.gz'.length) : name).toLowerCase();
  const format = FORMATS.get(extension) ?? fallback;
  if (format !== undefined) return { format, gzip };
  // pipes like /dev/fd/63
  if (extension === '') return { format: 'ndjson', gzip };
  throw new UsageError(
    `Cannot tell the format of ${file} from its extension '${extension}': name it .ndjson, .jsonl or .csv, or give --format`,
  );
}
