import { existsSync } from 'node:fs';
import type { Entry, Finding, OutputCheck } from '../index.ts';
import { Emitter } from './emitter.ts';
import { UsageError } from './exit.ts';
import { FileLines } from './file-lines.ts';
import type { FileKind } from './formats.ts';
import { kindOf, type RowFormat } from './formats.ts';
import type { InputRow } from './input-row.ts';
import { LineComparison } from './line-comparison.ts';
import { openResults } from './open-formats.ts';
import type { ResultFormat } from './result-format.ts';
import { isSameButForUnknown, UNKNOWN_LINE, UNKNOWN_TEXT } from './unknown-parts.ts';

export interface CheckedFiles {
  readonly output: string;
  /** Where failed rows should be; undefined when they are not looked at. */
  readonly rejects: string | undefined;
  /** Whether failed rows stand in a file of their own, and not in the output. */
  readonly rejected: boolean;
  readonly format: RowFormat | undefined;
}

/** Compares the files that a run has written with its results: makes them once more, line by line. */
export class FileCheck implements OutputCheck {
  readonly needsRequests: boolean;
  readonly #emitter: Emitter;
  readonly #comparisons: readonly LineComparison[];

  /** @throws UsageError when a file is not there */
  static async open(files: CheckedFiles): Promise<FileCheck> {
    const kind = kindOf(files.output, files.format);
    return new FileCheck(files, kind, await openResults(kind, files));
  }

  private constructor({ output, rejects, rejected }: CheckedFiles, kind: FileKind, results: ResultFormat) {
    const written = compareWith(output, kind);
    const failed = rejects === undefined ? undefined : compareWith(rejects, kindOf(rejects, 'ndjson'));
    this.needsRequests = failed !== undefined;
    this.#comparisons = failed === undefined ? [written] : [written, failed];
    this.#emitter = new Emitter({
      format: results,
      output: written,
      rejects: rejected ? (failed ?? NOWHERE) : undefined,
      limit: undefined,
    });
  }

  async check(entry: Entry<unknown>, request: unknown): Promise<void> {
    const written = this.#emitter.emit(asLine(entry), () => rowOf(request));
    if (written !== undefined) await written;
  }

  async end(): Promise<readonly Finding[]> {
    this.#emitter.end();
    const findings: Finding[] = [];
    for (const comparison of this.#comparisons) findings.push(...(await comparison.end()));
    return findings;
  }
}

const NOWHERE = { failure: undefined, write: () => undefined };

function compareWith(file: string, { gzip }: FileKind): LineComparison {
  if (!existsSync(file)) throw new UsageError(`Cannot read ${file}: there is no such file`);
  return new LineComparison({
    file,
    lines: new FileLines(file, { gzip }),
    isAcceptable: isSameButForUnknown,
  });
}

/** The command line records its outputs as the JSON text that it writes; a program records values. */
function asLine({ result, ...entry }: Entry<unknown>): Entry<string> {
  if (result.status === 'error') return { ...entry, result };
  const value = typeof result.value === 'string' ? result.value : JSON.stringify(result.value ?? null);
  return { ...entry, result: { status: 'success', value } };
}

function rowOf(request: unknown): InputRow {
  const text = typeof request === 'string' ? request : UNKNOWN_TEXT;
  return { line: UNKNOWN_LINE, text, problem: undefined };
}
