import type { FileKind } from './formats.ts';
import type { Input } from './input.ts';
import type { RowReader } from './input-row.ts';
import { LineSplitter } from './line-splitter.ts';
import { ndjsonResults } from './ndjson-results.ts';
import type { ResultFormat } from './result-format.ts';

// what CSV needs is loaded when there is some: it takes as long as a tenth of a short run

/** Gives what makes rows of the bytes of an input. */
export async function openReader({ name, kind }: Pick<Input, 'name' | 'kind'>): Promise<RowReader> {
  if (kind.format === 'ndjson') return new LineSplitter();
  const { CsvReader } = await import('./csv-reader.ts');
  return new CsvReader(name);
}

/**
 * Gives what makes the text of results.
 *
 * @param options.rejected whether failed rows go to a file of their own
 */
export async function openResults(
  { format }: FileKind,
  { rejected }: { readonly rejected: boolean },
): Promise<ResultFormat> {
  if (format === 'ndjson') return ndjsonResults;
  const { CsvResults } = await import('./csv-results.ts');
  return new CsvResults({ errorColumn: !rejected });
}
