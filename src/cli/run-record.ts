import { existsSync, rmSync } from 'node:fs';
import { messageOf, UsageError } from './exit.ts';
import { kindOf } from './formats.ts';
import type { RunFlags } from './run-flags.ts';
import { lastRun, newRun, planContinuation, type RunPlan } from './run-plan.ts';
import { RunTrail } from './run-trail.ts';
import { trailPathOf } from './trail-path.ts';

export interface RecordedArguments {
  readonly transformUrl: string;
  readonly input: string | undefined;
  readonly flags: RunFlags;
}

/** Windows does not. */
const REMOVES_OPEN_FILES = process.platform !== 'win32';
/** What SQLite and its writer keep beside the file. */
const COMPANIONS = ['', '-wal', '-shm', '-lock', '-lock-journal'];

/** The record of a run: where it is kept, and what is on it already. */
export class RunRecord {
  readonly trail: RunTrail;
  readonly #flags: RunFlags;
  readonly #created: boolean;
  #state: 'closed' | 'open' | 'held by another' = 'closed';
  readonly #notes: string[] = [];

  private constructor(path: string, { transformUrl, input, flags }: RecordedArguments) {
    const format = (file: string | undefined) => kindOf(file === '-' ? undefined : file, flags.format).format;
    this.#flags = flags;
    this.#created = !existsSync(path);
    const create = !isContinued(flags);
    const description = {
      transformUrl,
      inputFormat: format(input),
      outputFormat: format(flags.output),
      flags,
    };
    try {
      this.trail = new RunTrail(path, { create }, description);
    } catch (reason) {
      throw new UsageError(messageOf(reason)); // a path of --redact that is none
    }
  }

  /**
   * The record that the flags ask for; undefined for none. Nothing is opened yet.
   *
   * @throws UsageError when the run is to be continued and has no record
   */
  static of(args: RecordedArguments): RunRecord | undefined {
    const path = trailPathOf(args.flags);
    if (path === undefined && args.flags.redact !== undefined)
      throw new UsageError('--redact is for runs on record: name the output, or give --audit');
    return path === undefined ? undefined : new RunRecord(path, args);
  }

  /** What the user should know of the record, once it is open. */
  get notes(): readonly string[] {
    return this.#notes;
  }

  /**
   * Opens the file and finds out what there is to do.
   *
   * @throws UsageError when it can't be opened or has nothing to continue
   */
  async open(): Promise<RunPlan> {
    try {
      const plan = await (isContinued(this.#flags) ? this.#planContinuation() : this.#planNewRun());
      this.#state = 'open';
      return plan;
    } catch (reason) {
      if (messageOf(reason).includes(' writes to it: ')) this.#state = 'held by another';
      throw reason instanceof UsageError ? reason : new UsageError(messageOf(reason));
    }
  }

  /** Whether another process is at a run on the record that goes with the output, and so on that. */
  get isOfAnothersOutput(): boolean {
    return this.#state === 'held by another' && typeof this.#flags.audit !== 'string';
  }

  close(): Promise<void> {
    return this.trail.close();
  }

  /** Closes the file as if it had not been opened. */
  async discard(): Promise<void> {
    const removes = this.#created && this.#state === 'open';
    if (!REMOVES_OPEN_FILES) await this.close();
    // while it is open nobody else can have opened it
    if (removes) for (const end of COMPANIONS) rmSync(`${this.trail.path}${end}`, { force: true });
    await this.close();
  }

  async #planNewRun(): Promise<RunPlan> {
    const last = lastRun(await this.trail.runs());
    if (last !== undefined && (last.endedAt === undefined || last.sourceEnded === false)) {
      this.#notes.push('the last run on record did not finish; --resume would have continued it');
    }
    this.trail.holdBack(); // an input that can't be read is no run
    return newRun();
  }

  #planContinuation(): Promise<RunPlan> {
    const { retryFailed = false, allowDrift = false } = this.#flags;
    return planContinuation(this.trail, { retryFailed, allowDrift });
  }
}

function isContinued({ resume, retryFailed }: RunFlags): boolean {
  return resume === true || retryFailed === true;
}
