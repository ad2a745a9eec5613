import type { Entry, RowError, TextRows } from '../index.ts';
import { describeLimit, isExceeded, type ErrorLimit } from './error-limit.ts';
import { locateError, rejectOf } from './error-text.ts';
import { messageOf, RunError } from './exit.ts';
import type { InputRow } from './input-row.ts';
import { ResultProblem, type ResultFormat } from './result-format.ts';
import type { TextWriter } from './text-writer.ts';

/** Where an emitter writes. */
export type TextSink = Pick<TextWriter, 'write' | 'failure'>;

export interface EmitterParts {
  readonly format: ResultFormat;
  readonly output: TextSink;
  /** Where failed rows go; undefined: in the output, in place. */
  readonly rejects: TextSink | undefined;
  readonly limit: ErrorLimit | undefined;
  /** Whether a row was run by an earlier process, so that the limit has nothing to do with it; undefined: none was. */
  readonly isOnRecord?: ((rowIndex: number) => boolean) | undefined;
  /**
   * Called before a result on record is written that is not whole, as `--redact` took values from it; what it throws comes out
   * of {@link Emitter.emit}. Undefined: not looked at.
   */
  readonly onRedacted?: ((rowIndex: number) => void) | undefined;
}

/** What stands on record in the place of a redacted value. */
export const REDACTED = '[redacted]';

/** Too many rows have failed. */
export class TooManyErrors extends RunError {}

/** Writes each entry where it belongs, counts, and stops the run when too many rows have failed. */
export class Emitter {
  readonly #parts: EmitterParts;
  #emitted = 0;
  #failed = 0;
  /** Of the rows that this process has run: what the limit looks at. */
  readonly #ranHere = { emitted: 0, failed: 0 };

  constructor(parts: EmitterParts) {
    this.#parts = parts;
  }

  /** Rows written, or rejected. */
  get emitted(): number {
    return this.#emitted;
  }

  get failed(): number {
    return this.#failed;
  }

  /**
   * Writes what became of a row. Gives a promise when the next row should wait for it.
   *
   * @param rowOf asked for a row whose transform has failed, or that goes to the rejects
   * @throws TooManyErrors when of the rows that were not on record one more has failed than the limit allows; the row is
   *   written
   */
  emit(entry: Entry<string>, rowOf: () => InputRow): Promise<unknown> | undefined {
    this.#emitted++;
    if (!this.#isOnRecord(entry)) this.#ranHere.emitted++;
    const { result } = entry;
    this.#noticeRedacted(entry);
    if (result.status === 'error') return this.#emitFailure(entry, rowOf, locateError(result.error, rowOf()));
    try {
      return this.#parts.output.write(this.#parts.format.success(result.value));
    } catch (reason) {
      if (!(reason instanceof ResultProblem)) throw reason;
      return this.#emitFailure(entry, rowOf, { code: 'transform_error', message: messageOf(reason) });
    }
  }

  /** Whether {@link emitAll} may be called. */
  get takesMany(): boolean {
    return this.#parts.format.successes !== undefined && this.#parts.isOnRecord === undefined;
  }

  /** Like {@link emit}, for rows that have all succeeded. */
  emitAll(outputs: TextRows): Promise<unknown> | undefined {
    const { output, format } = this.#parts;
    if (format.successes === undefined) throw new Error('Cannot write many rows at once in this format');
    this.#emitted += outputs.size;
    this.#ranHere.emitted += outputs.size;
    return output.write(format.successes(outputs));
  }

  /** Writes what the format has held back. */
  end(): void {
    const { output, format } = this.#parts;
    if (output.failure === undefined) void output.write(format.end());
  }

  #emitFailure(entry: Entry<string>, rowOf: () => InputRow, error: RowError): Promise<unknown> | undefined {
    const { rejects, output, format } = this.#parts;
    this.#failed++;
    const written =
      rejects === undefined
        ? output.write(format.failure(error))
        : rejects.write(`${rejectOf(entry, error, rowOf())}\n`);
    if (!this.#isOnRecord(entry)) {
      this.#ranHere.failed++;
      this.#checkLimit();
    }
    return written;
  }

  #noticeRedacted(entry: Entry<string>): void {
    const { onRedacted } = this.#parts;
    if (onRedacted === undefined || !this.#isOnRecord(entry)) return;
    const { rowIndex, result } = entry;
    const text = result.status === 'success' ? result.value : JSON.stringify(result.error);
    if (text.includes(REDACTED)) onRedacted(rowIndex);
  }

  #isOnRecord({ rowIndex }: Entry<string>): boolean {
    return this.#parts.isOnRecord?.(rowIndex) === true;
  }

  #checkLimit(): void {
    const { limit } = this.#parts;
    const { emitted, failed } = this.#ranHere;
    if (limit === undefined || !isExceeded(limit, this.#ranHere)) return;
    const others = emitted < this.#emitted ? ' (those on record are not counted)' : '';
    throw new TooManyErrors(
      `Stopped as more rows have failed than --max-errors ${describeLimit(limit)} allows: ${failed} of ${emitted}${others}`,
    );
  }
}
