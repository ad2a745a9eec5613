import type { Scheduler } from 'fast-check';
import { expect } from 'vitest';
import {
  CapacityError,
  MemoryAuditTrail,
  type AuditRecord,
  type AuditTrail,
  type BatchStats,
  type Entry,
  type PooledExecutor,
  type Progress,
  type TransformContext,
} from '../../src/index.ts';
import type { CreateExecutor } from './executor-fixture.ts';
import type { Blame } from '../../src/core/outcome.ts';
import { codesOf, contextsOf, range } from './rows.ts';
import { ScheduledClock } from './scheduled-clock.ts';
import { ScheduledEngine, WorkerEnd } from './scheduled-engine.ts';

/** How the attempts of a row end: their workers are lost, then they are refused so often, then well or not. */
export interface PlannedRow {
  /** What the row has to do with each loss; none where there are no workers. */
  readonly losses: readonly Blame[];
  readonly refusals: number;
  readonly fails: boolean;
}

export interface PlannedWork {
  readonly kind: 'batch' | 'stream';
  readonly rows: readonly PlannedRow[];
  readonly aborted: boolean;
  /** A consumer of a stream stops after so many entries. */
  readonly stopsAfter: number | undefined;
  readonly window: number;
}

export interface Plan {
  /** Where rows run: on the calling thread, or on workers that have slices behind slices and may be lost. */
  readonly engine: 'inline' | 'workers';
  readonly poolSize: number;
  readonly sliceSize: number | 'auto';
  readonly works: readonly PlannedWork[];
  readonly shutdowns: readonly boolean[];
  readonly trail: 'none' | 'works' | 'breaks';
  readonly breaksAfter: number;
  readonly attemptTimeoutMs: number | undefined;
  readonly maxCapacityRetryMs: number;
  readonly minDispatchDelayMs: number;
}

/** Of the executor. */
const MAX_ROW_CRASHES = 2;

interface RunningRow extends PlannedRow {
  readonly work: number;
}

/** What became of one work. */
interface Result {
  state: 'not settled' | 'done' | 'refused' | 'failed';
  entries: readonly Entry<unknown>[];
  stats: BatchStats | undefined;
  error: unknown;
  readonly progress: readonly Progress[];
  readonly note: (progress: Progress) => void;
}

function newResult(): Result {
  const progress: Progress[] = [];
  const note = (noted: Progress) => void progress.push(noted);
  return { state: 'not settled', entries: [], stats: undefined, error: undefined, progress, note };
}

/** A trail each of whose appends takes until the scheduler says so, and may fail from some append on. */
class ScheduledTrail implements AuditTrail {
  readonly #scheduler: Scheduler;
  readonly #breaksAfter: number;
  readonly #memory = new MemoryAuditTrail();
  #appends = 0;

  constructor(scheduler: Scheduler, breaksAfter: number) {
    this.#scheduler = scheduler;
    this.#breaksAfter = breaksAfter;
  }

  get records(): readonly AuditRecord[] {
    return this.#memory.records;
  }

  async append(records: readonly AuditRecord[]): Promise<void> {
    await this.#scheduler.schedule(Promise.resolve(), 'append');
    if (this.#appends++ >= this.#breaksAfter) throw new Error('disk full');
    await this.#memory.append(records);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** One plan under one schedule: every await point is the scheduler's to order. Then, all that must hold is checked. */
export class ScheduledRun {
  readonly #plan: Plan;
  readonly #scheduler: Scheduler;
  readonly #clock: ScheduledClock;
  readonly #trail: ScheduledTrail | undefined;
  readonly #engine: ScheduledEngine | undefined;
  readonly #executor: PooledExecutor<RunningRow | string>;
  readonly #results: Result[];
  readonly #shutdowns: { settled: boolean }[] = [];
  readonly #started: string[] = [];
  #running = 0;
  #highest = 0;

  constructor(plan: Plan, scheduler: Scheduler, createExecutor: CreateExecutor) {
    this.#plan = plan;
    this.#scheduler = scheduler;
    this.#clock = new ScheduledClock(scheduler);
    this.#trail =
      plan.trail === 'none'
        ? undefined
        : new ScheduledTrail(scheduler, plan.trail === 'breaks' ? plan.breaksAfter : Infinity);
    const { poolSize, sliceSize, attemptTimeoutMs, maxCapacityRetryMs, minDispatchDelayMs } = plan;
    const stopped = plan.works.some(({ kind, stopsAfter }) => kind === 'stream' && stopsAfter !== undefined);
    const transform = (row: RunningRow | string, context: TransformContext) => this.#transform(row, context);
    this.#engine =
      plan.engine === 'workers'
        ? new ScheduledEngine(poolSize, transform, { scheduler, clock: this.#clock })
        : undefined;
    this.#executor = createExecutor<RunningRow | string, unknown>(
      {
        transform,
        maxRowCrashes: MAX_ROW_CRASHES,
        poolSize,
        sliceSize,
        attemptTimeoutMs,
        maxCapacityRetryMs,
        minDispatchDelayMs,
        ...(this.#trail === undefined ? {} : { audit: this.#trail }),
      },
      { clock: this.#clock, engine: this.#engine, further: 'skip', stopped },
    );
    this.#results = plan.works.map(newResult);
  }

  async run(): Promise<void> {
    for (const index of this.#plan.works.keys()) void this.#work(index);
    for (const wait of this.#plan.shutdowns) void this.#shutdown(wait);
    await this.#scheduler.waitIdle();
    this.#check();
    await this.#checkFurtherBatch();
    void this.#shutdown(true);
    await this.#scheduler.waitIdle();
    expect(this.#shutdowns.at(-1), 'I10: a last shutdown').toEqual({ settled: true });
  }

  async #transform(row: RunningRow | string, { attempt, rowIndex }: TransformContext): Promise<unknown> {
    if (typeof row === 'string') return row;
    this.#highest = Math.max(this.#highest, ++this.#running);
    const label = `work ${row.work} row ${rowIndex} attempt ${attempt}`;
    this.#started.push(label);
    await this.#turn(label);
    this.#running--;
    const blame = row.losses[attempt - 1];
    if (blame !== undefined) throw new WorkerEnd(blame);
    if (attempt <= row.losses.length + row.refusals) throw new CapacityError(503);
    if (row.fails) throw new Error('bad');
    return rowIndex;
  }

  async #work(index: number): Promise<void> {
    const { kind, rows, aborted } = this.#plan.works[index]!;
    const result = this.#results[index]!;
    const controller = new AbortController();
    const own = rows.map((row) => ({ ...row, work: index }));
    await this.#turn(`start ${index}`);
    if (aborted) void this.#turn(`abort ${index}`).then(() => controller.abort());
    try {
      if (kind === 'stream') {
        await this.#stream(index, own, controller.signal);
      } else {
        const { entries, stats } = await this.#executor.executeBatch(contextsOf(own), {
          signal: controller.signal,
          onProgress: result.note,
        });
        Object.assign(result, { entries, stats });
      }
      result.state = 'done';
    } catch (error) {
      result.error = error;
      result.state = String(error).includes('is shut down') ? 'refused' : 'failed';
    }
  }

  async #stream(index: number, rows: readonly RunningRow[], signal: AbortSignal): Promise<void> {
    const { stopsAfter = Infinity, window } = this.#plan.works[index]!;
    const result = this.#results[index]!;
    const asked = { entries: 0 };
    const stream = this.#executor.stream(this.#source(index, rows, asked), {
      signal,
      window,
      onProgress: result.note,
    });
    const entries: Entry<unknown>[] = [];
    result.entries = entries;
    while (entries.length < stopsAfter) {
      asked.entries++; // the window may go on
      const step = await stream.next();
      if (step.done === true) break;
      entries.push(step.value);
      await this.#turn(`consumer ${index}`);
    }
    await stream.return();
    result.stats = stream.stats;
  }

  async *#source(
    index: number,
    rows: readonly RunningRow[],
    asked: { readonly entries: number },
  ): AsyncGenerator<RunningRow> {
    const { window } = this.#plan.works[index]!;
    for (const [pulled, row] of rows.entries()) {
      expect(pulled + 1 - asked.entries, `I13: work ${index}`).toBeLessThanOrEqual(window);
      await this.#turn(`source ${index}`);
      yield row;
    }
  }

  async #shutdown(wait: boolean): Promise<void> {
    const shutdown = { settled: false };
    this.#shutdowns.push(shutdown);
    await this.#turn(`shutdown, wait: ${wait}`);
    await this.#executor.shutdown({ wait });
    shutdown.settled = true;
  }

  async #turn(label: string): Promise<void> {
    await this.#scheduler.schedule(Promise.resolve(), label);
    if (this.#engine === undefined) return;
    const permits = this.#plan.poolSize - this.#executor.availablePermits;
    expect(permits, 'I3: permits held').toBeLessThanOrEqual(this.#engine.slices);
  }

  #check(): void {
    const { poolSize, works, attemptTimeoutMs, shutdowns } = this.#plan;
    for (const [index, work] of works.entries()) this.#checkWork(work, this.#results[index]!, index);
    expect(
      this.#shutdowns.every(({ settled }) => settled),
      'I10: shutdowns settled',
    ).toBe(true);
    const { availablePermits, pendingCount } = this.#executor;
    expect({ availablePermits, pendingCount, timers: this.#clock.timers }, 'I4').toEqual({
      availablePermits: poolSize,
      pendingCount: 0,
      timers: 0,
    });
    expect(this.#started.length, 'I5: no attempt began twice').toBe(new Set(this.#started).size);
    const { poolStats } = this.#executor.getStats();
    expect(poolStats.submitted, 'I5').toBe(poolStats.successes + poolStats.errors);
    expect(poolStats.maxConcurrentReached, 'I2').toBeLessThanOrEqual(poolSize);
    // what was given up in-process still runs, and counts here
    const givesUp = attemptTimeoutMs !== undefined || shutdowns.includes(false);
    if (!givesUp) expect(this.#highest, 'I2').toBe(poolStats.maxConcurrentReached);
  }

  #checkWork(work: PlannedWork, result: Result, index: number): void {
    const { trail, shutdowns } = this.#plan;
    const { state, entries, stats, error } = result;
    expect(state, `I10: work ${index}`).not.toBe('not settled');
    if (state === 'refused') expect(shutdowns.length, `work ${index} was refused`).toBeGreaterThan(0);
    if (state === 'failed') {
      expect(trail, `work ${index} failed: ${String(error)}`).toBe('breaks');
      expect(String(error)).toContain('disk full');
    }
    expect(
      entries.map(({ submitIndex }) => submitIndex),
      `I1: work ${index}`,
    ).toEqual(range(entries.length));
    this.#checkProgress(result, `progress of work ${index}`);
    this.#checkCompletion(work, entries, `completion of work ${index}`);
    if (state !== 'done') return;
    if (stats !== undefined) {
      expect(stats.submitted, `I5: work ${index}`).toBe(stats.successes + stats.errors);
      if (this.#isUndisturbed(work)) {
        const planned = work.rows.map((row) => courseOf(row));
        expect(stats, `I7: work ${index}`).toMatchObject({
          submitted: work.rows.length,
          successes: planned.filter(({ code }) => code === 'ok').length,
          attempts: sumOf(planned.map(({ attempts }) => attempts)),
          capacityRetries: sumOf(planned.map(({ refusals }) => refusals)),
        });
      }
    }
    const mayBeShort =
      work.kind === 'stream' && (work.aborted || work.stopsAfter !== undefined || shutdowns.length > 0);
    if (!mayBeShort) expect(entries.length, `I1: entries of work ${index}`).toBe(work.rows.length);
    const codes = codesOf(entries);
    for (const [row, code] of codes.entries()) this.#checkCode(work, work.rows[row]!, code, entries[row]!);
  }

  #checkCode(
    work: PlannedWork,
    row: PlannedRow,
    code: string,
    { attempts, submitIndex, result }: Entry<unknown>,
  ): void {
    const { attemptTimeoutMs, maxCapacityRetryMs, shutdowns } = this.#plan;
    const { code: planned, attempts: plannedAttempts } = courseOf(row);
    if (code === planned) {
      expect(attempts, 'attempts').toBe(plannedAttempts);
      if (result.status === 'success') expect(result.value, 'I11').toBe(submitIndex);
      return;
    }
    const allowed = [
      ...(work.aborted ? ['aborted'] : []),
      ...(shutdowns.includes(false) ? ['shutdown_requested'] : []),
      ...(attemptTimeoutMs === undefined ? [] : ['attempt_timeout']),
      ...(maxCapacityRetryMs < Infinity && row.refusals > 0 ? ['capacity_retry_timeout'] : []),
    ];
    expect([planned, ...allowed], `outcome of row ${submitIndex}`).toContain(code);
  }

  #checkProgress({ progress }: Result, what: string): void {
    for (const { submitted, emitted, inFlight, inBackoff } of progress) {
      expect(Math.min(inFlight, inBackoff, this.#plan.poolSize - inFlight), what).toBeGreaterThanOrEqual(0);
      expect(inBackoff, what).toBeLessThanOrEqual(submitted - emitted);
    }
  }

  /** Each row that was given out completed as another one; without gaps where all were. */
  #checkCompletion({ rows }: PlannedWork, entries: readonly Entry<unknown>[], what: string): void {
    const places = entries.map(({ completeIndex }) => completeIndex).sort((a, b) => a - b);
    expect(places.length, what).toBe(new Set(places).size);
    if (places.length === rows.length) expect(places, what).toEqual(range(rows.length));
  }

  /** Whether nothing cuts the work or an attempt short. */
  #isUndisturbed({ kind, aborted, stopsAfter }: PlannedWork): boolean {
    const { shutdowns, attemptTimeoutMs, maxCapacityRetryMs } = this.#plan;
    const isStopped = kind === 'stream' && stopsAfter !== undefined;
    if (aborted || isStopped || shutdowns.length > 0) return false;
    return attemptTimeoutMs === undefined && maxCapacityRetryMs === Infinity;
  }

  async #checkFurtherBatch(): Promise<void> {
    if (this.#plan.shutdowns.length > 0 || this.#plan.trail === 'breaks') return;
    let results: unknown;
    void this.#executor.map(['#probe', '#probe']).then((given) => {
      results = given;
    });
    await this.#scheduler.waitIdle();
    expect(results, 'I4: a further batch').toHaveLength(2);
  }
}

/** What becomes of a row that nothing cuts short. */
function courseOf({ losses, refusals, fails }: PlannedRow) {
  let crashes = 0;
  let suspicions = 0;
  for (const [index, given] of losses.entries()) {
    const blame = crashes + suspicions > 0 && given === 'suspect' ? 'culprit' : given; // it ran alone
    if (blame === 'suspect') suspicions++;
    if (blame !== 'culprit') continue;
    crashes += 1 + suspicions;
    suspicions = 0;
    if (crashes >= MAX_ROW_CRASHES) return { code: 'worker_lost', attempts: index + 1, refusals: 0 };
  }
  return {
    code: fails ? 'transform_error' : 'ok',
    attempts: losses.length + refusals + 1,
    refusals,
  };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
