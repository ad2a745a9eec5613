import { setTimeout as delay } from 'node:timers/promises';
import type { Entry, EntryRun, EntryStream } from '../index.ts';
import { startDrawing, type Display } from './display.ts';
import { driftNotes } from './drift-text.ts';
import { Emitter } from './emitter.ts';
import type { ErrorLimit } from './error-limit.ts';
import type { RowReader } from './input-row.ts';
import { RunError, UsageError } from './exit.ts';
import { Interrupts } from './interrupts.ts';
import { formatCount, parseDecimal } from './numbers.ts';
import type { Output } from './output.ts';
import { asUsageError, inFlagTerms, tryTransform, type LineExecutor } from './open-executor.ts';
import type { ResultFormat } from './result-format.ts';
import { RowSource } from './row-source.ts';
import { throwIfUnusable, type Ending } from './run-ending.ts';
import { redactedResults } from './redacted-results.ts';
import { outputsOf, type RunFiles } from './run-files.ts';
import type { RunFlags } from './run-flags.ts';
import { rowsToKeep, type ContinuedRun, type RunPlan } from './run-plan.ts';
import { reportEnding } from './run-report.ts';
import { StatusMeter } from './run-status.ts';
import { summarise } from './run-summary.ts';
import type { RunTrail } from './run-trail.ts';

export interface RunLoopParts {
  readonly executor: LineExecutor;
  /** URL of the user's module. */
  readonly transformUrl: string;
  readonly files: RunFiles;
  readonly reader: RowReader;
  readonly results: ResultFormat;
  readonly limit: ErrorLimit | undefined;
  readonly display: Display;
  readonly flags: RunFlags;
  /** Undefined for a run that is not on record, as is its trail. */
  readonly plan: RunPlan | undefined;
  readonly trail: RunTrail | undefined;
}

/** A thread in native code can't be ended: whoever wants to stop now waits no longer for the end of the run on record. */
const LONGEST_STOP_MS = 2_000;

/** One run: rows from the input through the executor to the output, until the end, an error or an interrupt. */
export class RunLoop {
  readonly #executor: LineExecutor;
  readonly #transformUrl: string;
  readonly #files: RunFiles;
  readonly #display: Display;
  readonly #source: RowSource;
  readonly #emitter: Emitter;
  readonly #meter: StatusMeter;
  readonly #stream: EntryStream<string>;
  readonly #startedAt = performance.now();
  readonly #cut = Promise.withResolvers<Ending>();
  readonly #continued: ContinuedRun | undefined;
  readonly #trail: RunTrail | undefined;
  #isDraining = false;
  #isCut = false;
  #isAccepted = false;

  /** @throws UsageError when --window is not allowed */
  constructor(parts: RunLoopParts) {
    const { executor, transformUrl, files, reader, results, limit, display, flags, plan, trail } = parts;
    const { input, output, rejects } = files;
    this.#executor = executor;
    this.#transformUrl = transformUrl;
    this.#files = files;
    this.#display = display;
    this.#trail = trail;
    this.#continued = plan?.kind === 'continued' ? plan : undefined;
    this.#source = new RowSource(input.chunks(), reader, {
      onClose: input.close,
      onEmpty: () => tryTransform(transformUrl, flags),
      keeps: rowsToKeep(plan, files),
    });
    const survey = this.#continued?.survey;
    this.#emitter = new Emitter({
      format: results,
      output: output.writer,
      rejects: rejects?.writer,
      limit,
      isOnRecord: survey && ((rowIndex) => survey.hasResult(rowIndex)),
      onRedacted: this.#continued && redactedResults(this.#continued, flags, display),
    });
    const currentDelayMs = () => executor.getStats().poolStats.currentDelayMs;
    const rowsToFinish = () => (this.#isDraining ? executor.pendingCount : undefined);
    const watched = { emitter: this.#emitter, source: this.#source, input, currentDelayMs, rowsToFinish };
    this.#meter = new StatusMeter(watched, this.#startedAt);
    const window = flags.window === undefined ? undefined : parseDecimal(flags.window);
    this.#stream = inFlagTerms(flags, () =>
      executor.stream(this.#source, {
        window,
        runId: plan?.runId,
        allowDrift: this.#continued?.allowDrift,
        retryFailed: this.#continued?.retryFailed,
        onProgress: (progress) => {
          this.#meter.update(progress);
        },
      }),
    );
  }

  /**
   * @returns the exit code
   * @throws UsageError when no row could run; the files are as they were
   */
  async run(): Promise<number> {
    const interrupts = new Interrupts({
      onFirst: () => {
        this.#isDraining = true;
        void this.#executor.shutdown();
      },
      onArmed: () => {
        const left = formatCount(this.#executor.pendingCount);
        this.#display.say(
          'note',
          `interrupting: the rows that were taken in are finished first, ${left} left (again to stop now)`,
        );
      },
      onSecond: () => {
        this.#stopNow();
      },
    });
    const stopDrawing = startDrawing(this.#display, () => this.#meter.status(performance.now()));
    for (const { writer } of outputsOf(this.#files)) {
      writer.failed.catch(() => {
        this.#shutDownNow();
      });
    }
    try {
      const reached = await Promise.race([this.#emitAll(), this.#cut.promise]);
      throwIfUnusable(reached, this.#files);
      const ending = await this.#endOutputs(reached);
      throwIfUnusable(ending, this.#files);
      // what has run is on record already; that nothing had to is worth a record too, if that is what was found out, and so
      // is a new run that was stopped before it had a row, as it can be continued
      if (this.#continued === undefined || this.#source.hasEnded) this.#trail?.accept();
      else this.#trail?.refuse();
      if (!this.#isCut) await this.#executor.shutdown({ wait: ending.kind === 'finished' });
      // an output that can't be written any more, and who stops now, end the run at once, and its record soon after
      const givenUp = this.#cut.promise.then(() => delay(LONGEST_STOP_MS, undefined, { ref: false }));
      await Promise.race([this.#trail?.whenBatchEnded(), givenUp]);
      return this.#report(ending, interrupts.exitCode);
    } finally {
      stopDrawing();
      interrupts.dispose();
    }
  }

  async #emitAll(): Promise<Ending> {
    try {
      for (;;) {
        const runs = await this.#stream.nextRuns();
        if (runs.length === 0) break;
        for (const run of runs) if (!(await this.#emitSome(run))) return { kind: 'cut' };
      }
      if (this.#source.hasEnded && this.#isAllWritten) await this.#acceptOutputs(); // there were no rows at all
      return { kind: 'finished' };
    } catch (reason) {
      return { kind: 'failed', reason: this.#orUnreadable(asUsageError(reason, this.#transformUrl)) };
    } finally {
      await this.#stream.return(); // of no effect where it has ended
    }
  }

  /** An input of which no row can be read is as one that is not there: the files stay as they are. */
  #orUnreadable(reason: unknown): unknown {
    return reason instanceof RunError && this.#source.rowsRead === 0
      ? new UsageError(reason.message)
      : reason;
  }

  /** False when the run was cut at one of them. */
  async #emitSome(run: EntryRun<string>): Promise<boolean> {
    const texts = this.#emitter.takesMany ? run.texts : undefined;
    if (texts !== undefined && !this.#isCut) {
      const written = this.#writing(() => this.#emitter.emitAll(texts));
      this.#source.forgetBefore(this.#emitter.emitted);
      if (written !== undefined) await written;
      return true;
    }
    for (const entry of run) {
      if (this.#isCut || isUnfinished(entry)) return false;
      if (this.#isAllWritten) await this.#acceptOutputs();
      const written = this.#writing(() =>
        this.#emitter.emit(entry, () => this.#source.rowAt(entry.rowIndex)),
      );
      this.#source.forgetBefore(entry.rowIndex + 1);
      if (written !== undefined) await written;
      if (this.#isAllWritten) await this.#acceptOutputs();
    }
    return true;
  }

  #writing(emit: () => Promise<unknown> | undefined): Promise<unknown> | undefined {
    try {
      return emit();
    } catch (reason) {
      this.#shutDownNow(); // else the loop would wait for the rows that run
      throw reason;
    }
  }

  /** Whether this is the moment at which the outputs have what they can have of a continued run. */
  get #isAllWritten(): boolean {
    return !this.#isAccepted && this.#emitter.emitted === this.#continued?.survey.finishedFirst;
  }

  /** The rows that come now have to run: the outputs must not have more. No row has run so far, unless it is the first. */
  async #acceptOutputs(): Promise<void> {
    this.#isAccepted = true;
    for (const output of outputsOf(this.#files)) {
      const difference = await output.endOfExpected();
      for (const note of driftNotes(difference === undefined ? [] : [difference]))
        this.#display.say('note', note);
    }
    this.#tellWhatIsOnRecord();
  }

  #tellWhatIsOnRecord(): void {
    if (this.#continued === undefined) return;
    this.#display.say('note', this.#continued.survey.describe(this.#source.rowsRead));
  }

  /** Writes what is left. */
  async #endOutputs(ending: Ending): Promise<Ending> {
    try {
      this.#emitter.end();
      await Promise.all(outputsOf(this.#files).map((output) => this.#end(output)));
      return ending;
    } catch (reason) {
      return ending.kind === 'failed' ? ending : { kind: 'failed', reason };
    }
  }

  async #end({ writer, mayBlock }: Output): Promise<void> {
    const ended = writer.end();
    await (mayBlock ? Promise.race([ended, this.#cut.promise]) : ended);
  }

  #report(ending: Ending, interrupted: number | undefined): number {
    const elapsedMs = performance.now() - this.#startedAt;
    const { hasEnded, rowsRead } = this.#source;
    const hasAll = hasEnded && this.#emitter.emitted === rowsRead;
    return reportEnding(this.#display, {
      ending,
      interrupted,
      summary: summarise(this.#emitter, this.#executor.getStats().poolStats, elapsedMs),
      isComplete: ending.kind === 'finished' && !this.#isCut && hasAll,
      // a new run that was stopped too early is not: nothing of it has begun
      isOnRecord: this.#trail?.hasBegun === true || this.#continued !== undefined,
    });
  }

  #stopNow(): void {
    this.#isCut = true;
    this.#shutDownNow();
    // the reader of a pipe may never take what is written, nor the loop then the entries behind it
    if (outputsOf(this.#files).some(({ mayBlock }) => mayBlock)) void this.#stream.return();
    this.#cut.resolve({ kind: 'cut' });
  }

  #shutDownNow(): void {
    void this.#executor.shutdown({ wait: false });
  }
}

/** The executor was shut down before the row had run: nothing in the output stands for it, nor for rows behind it. */
function isUnfinished({ result }: Entry<string>): boolean {
  return result.status === 'error' && result.error.code === 'shutdown_requested';
}
