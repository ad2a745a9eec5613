import type { Batch, BatchRow, BatchRun } from './batch.ts';
import { FlightTable } from './core/flight-table.ts';
import type { Moved } from './core/moved.ts';
import type { Permit } from './core/semaphore.ts';
import type { ThrottledAttempt } from './core/throttle/throttle.ts';
import type { Engine, FreshColumns, Slice } from './engine/engine.ts';

/** One slice that a worker has; to the throttle it is one attempt, as its rows run one after another. */
export interface Flight extends ThrottledAttempt {
  readonly slice: Slice;
  readonly batch: Batch;
  readonly run: BatchRun;
  readonly delayMs: number;
  /** Absent while it waits behind another. */
  permit: Permit | undefined;
  /** When it got the permit, in ms on the monotonic clock. */
  permitAt: number;
  /** The flight that it waits behind. */
  before: Flight | undefined;
  /** The flight that waits behind it. */
  next: Flight | undefined;
  /** It was taken back: its rows are no longer its own. */
  recalled: boolean;
}

/** A slice as the engine gets it. */
export class SentSlice implements Slice {
  readonly sliceId: number;
  readonly lane: number;
  readonly behind: number | undefined;
  readonly counter: number;
  readonly generatedIds: boolean;
  readonly alone: boolean;
  readonly moved: Moved | undefined;
  readonly #run: BatchRun;

  constructor(run: BatchRun, place: Pick<Slice, 'sliceId' | 'lane' | 'behind'>) {
    this.sliceId = place.sliceId;
    this.lane = place.lane;
    this.behind = place.behind;
    this.counter = run.batch.counter;
    this.generatedIds = run.batch.generatedIds;
    this.alone = run.runsAlone;
    this.moved = run.moved;
    this.#run = run;
  }

  get rows(): readonly BatchRow[] {
    return this.#run.rows;
  }

  get columns(): FreshColumns | undefined {
    return this.#run.columns;
  }
}

/** A worker that has been at one slice for so long, some times what a slice takes, is at a slow row. */
const OVERDUE_MS = 64;

/**
 * The slices that workers have: one for each permit, and behind it the next one where the engine takes that, so that no
 * worker idles until it is sent more. A slice that waits holds no permit. It gets the permit of the slice before it when
 * that one has run smoothly; until it has begun it can be taken back.
 */
export class Flights {
  /** Those that hold a permit, by its lane. */
  readonly running: FlightTable<Flight>;
  readonly #engine: Pick<Engine, 'takesBehind' | 'recall'>;
  readonly #poolSize: number;
  readonly #isLaneUsed: boolean[];
  #waiting = 0;

  constructor(engine: Pick<Engine, 'takesBehind' | 'recall'>, poolSize: number) {
    this.#engine = engine;
    this.#poolSize = poolSize;
    this.running = new FlightTable(poolSize);
    this.#isLaneUsed = new Array<boolean>(2 * poolSize).fill(false);
  }

  /** All of them, those that wait included. */
  list(): Flight[] {
    return this.running
      .list()
      .flatMap((flight) => (flight.next === undefined ? flight : [flight, flight.next]));
  }

  /** A lane for a slice that gets the permit. */
  laneOf({ lane }: Permit): number {
    return this.#isLaneUsed[lane] === true ? lane + this.#poolSize : lane;
  }

  /** A lane for a slice to wait behind the flight; undefined when none may. */
  laneBehind({ slice, permit, next }: Flight): number | undefined {
    if (permit === undefined || next !== undefined || !this.#engine.takesBehind(slice.lane)) return undefined;
    const lane = slice.lane === permit.lane ? permit.lane + this.#poolSize : permit.lane;
    return this.#isLaneUsed[lane] === true ? undefined : lane;
  }

  /** The flight is being sent. */
  add(flight: Flight): void {
    const { slice, permit, before } = flight;
    this.#isLaneUsed[slice.lane] = true;
    if (permit !== undefined) this.running.set(permit.lane, flight);
    if (before === undefined) return;
    before.next = flight;
    this.#waiting++;
  }

  /** The flight's worker has answered. With `handsOn` its permit goes to the flight behind it, which is then returned. */
  land(flight: Flight, handsOn: boolean, now: number): Flight | undefined {
    const { slice, permit, before, next } = flight;
    this.#isLaneUsed[slice.lane] = false;
    if (before !== undefined) this.#detach(flight, before);
    if (permit === undefined) return undefined;
    flight.permit = undefined;
    if (next !== undefined) this.#detach(next, flight);
    if (next === undefined || !handsOn) {
      permit.release();
      this.running.delete(permit.lane);
      return undefined;
    }
    next.permit = permit;
    next.permitAt = now;
    this.running.set(permit.lane, next);
    return next;
  }

  /** Takes back the slices that wait and can not, or should not, go on waiting; the last ones come first. */
  recall(which: (waiting: Flight, before: Flight) => boolean): Flight[] {
    if (this.#waiting === 0) return [];
    const recalled: Flight[] = [];
    for (const before of this.running.list()) {
      const { next } = before;
      if (next === undefined || !which(next, before) || !this.#engine.recall(next.slice)) continue;
      next.recalled = true;
      this.#detach(next, before);
      recalled.push(next);
    }
    return recalled.sort((a, b) => b.run.sequence - a.run.sequence);
  }

  #detach(flight: Flight, before: Flight): void {
    flight.before = undefined;
    before.next = undefined;
    this.#waiting--;
  }
}

/** Whether the worker of a flight is at a slow row. */
export function isOverdue({ permitAt }: Flight, now: number): boolean {
  return now - permitAt > OVERDUE_MS;
}
