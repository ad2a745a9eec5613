import { ListenerWatch } from '../src/engine/listener-watch.ts';
import { LookPacer } from '../src/engine/look-pacer.ts';
import { monotonicNow } from '../src/engine/monotonic-now.ts';
import { PropertyWatch } from '../src/engine/property-watch.ts';
import { watchedGlobals } from '../src/engine/watched-globals.ts';
import type { GlobalsAnswer, GlobalsChange } from '../src/engine/worker-protocol.ts';

/** The part of an attempt's context that it needs. */
interface Row {
  readonly stateId: string;
}

export interface GlobalsGuardOptions<R extends Row> {
  /** Which row it was that started what runs at this moment, if one did. */
  readonly originOf: () => R | undefined;
  /** Rows that run at this moment. */
  readonly running: () => readonly R[];
  /** Tells the dispatching thread, which gives an answer, unless it has the worker replaced. */
  readonly tell: (change: GlobalsChange) => void;
  /** Whether to look, thoroughly, after each row; else as often as the rows' time allows. */
  readonly afterEachRow: boolean;
}

/** One kind of look, and the rows that have ended since the last one. */
interface Look<R> {
  readonly look: () => readonly string[];
  readonly pacer: LookPacer;
  first: R | undefined;
  /** How many rows had ended before that. */
  endedBefore: number;
}

/** How much of a worker's time looks may take, of either kind. */
const QUICK_SHARE = 0.01;
const THOROUGH_SHARE = 0.0025;
/** How much of the time between rows counts as theirs: where there are few, a look costs nobody anything. */
const IDLE_SHARE = 0.1;
/** What a look of either kind costs until one has been taken: trying it would cost each worker's start 2 ms. */
const QUICK_LOOK_MS = 0.1;
const THOROUGH_LOOK_MS = 0.2;
/** No more names are told. */
const MOST_NAMES = 20;

// made when this module is loaded, which is before any code of the user's
const GLOBALS = watchedGlobals();

/**
 * Notices that a row changes what it shares with later rows of its worker: globals, the language's own objects, variables of the
 * environment, listeners on `process`. A look at them takes time, so they are looked at as often as some 1% of the rows' time
 * allows: after each row where rows take some ms, else after many, of which one has done it then.
 */
export class GlobalsGuard<R extends Row> {
  readonly #options: GlobalsGuardOptions<R>;
  readonly #properties = new PropertyWatch(GLOBALS);
  readonly #looks: readonly Look<R>[];
  readonly #listeners: ListenerWatch<R>;
  #last: R | undefined;
  #ended = 0;
  /** Whether the next row that ends is the first for some look. */
  #expectsFirst = true;
  /** Time that rows took, and a share of that between them: what looks may take depends on it. */
  #workedMs = 0;
  #countedUntil = monotonicNow();
  /** On {@link #workedMs}. */
  #dueAt = Infinity;
  #unanswered = 0;

  /** To be made when the user's code is loaded: what that has set up is as it should be. */
  constructor(options: GlobalsGuardOptions<R>) {
    this.#options = options;
    const quick = () =>
      lookOf<R>(() => this.#properties.quickLook(), new LookPacer(QUICK_SHARE, QUICK_LOOK_MS));
    const thorough = (share: number) =>
      lookOf<R>(() => this.#properties.thoroughLook(), new LookPacer(share, THOROUGH_LOOK_MS));
    this.#looks = options.afterEachRow ? [thorough(Infinity)] : [quick(), thorough(THOROUGH_SHARE)];
    this.#listeners = new ListenerWatch(process, { name: 'process', originOf: options.originOf });
    this.#setDue();
  }

  /** Whether something was found, and it is not known yet that rows may be started all the same. */
  get isHeld(): boolean {
    return this.#unanswered > 0;
  }

  /** Looks, if it is time to, before a row of the slice can be hurt by one before. */
  onSliceStart(): void {
    if (this.#last === undefined) return;
    const now = monotonicNow();
    this.#advance(now, now);
    this.#lookAround(this.#last);
  }

  onRowEnd(row: R, startedAt: number, finishedAt: number): void {
    this.#last = row;
    this.#ended++;
    if (this.#expectsFirst) this.#noteFirst(row);
    this.#advance(startedAt, finishedAt);
    this.#lookAround(row);
  }

  /** The worker may go on. */
  onAnswer({ accepted, stopLooking }: GlobalsAnswer): void {
    this.#unanswered--;
    if (stopLooking) {
      this.#dueAt = Infinity;
      this.#listeners.close();
      return;
    }
    this.#listeners.accept(accepted);
    this.#properties.accept(accepted);
  }

  /** Rows that run at the same time take it once. */
  #advance(startedAt: number, now: number): void {
    const from = Math.max(startedAt, this.#countedUntil);
    this.#workedMs += now - from + IDLE_SHARE * (from - this.#countedUntil);
    this.#countedUntil = now;
  }

  #noteFirst(row: R): void {
    this.#expectsFirst = false;
    for (const look of this.#looks) {
      if (look.first !== undefined) continue;
      look.first = row;
      look.endedBefore = this.#ended - 1;
    }
  }

  #lookAround(last: R): void {
    if (!this.#listeners.isEmpty && this.#lookAtListeners()) this.#lookAtGlobals(last, this.#looks);
    if (this.#workedMs < this.#dueAt) return;
    this.#lookAtGlobals(
      last,
      this.#looks.filter(({ pacer }) => this.#workedMs >= pacer.dueAt),
    );
  }

  /** Whether it found something. */
  #lookAtListeners(): boolean {
    const running = this.#options.running();
    const changes = this.#listeners.take((row) => !running.includes(row));
    for (const row of new Set(changes.map((change) => change.row))) {
      const { stateId } = row;
      const names = changes.filter((change) => change.row === row).map(({ name }) => name);
      this.#tell({ first: stateId, last: stateId, count: 1 }, [...new Set(names)]);
    }
    return changes.length > 0;
  }

  #lookAtGlobals(last: R, due: readonly Look<R>[]): void {
    const changed = due.filter((look) => this.#changesOf(look).length > 0);
    if (changed.length > 0) this.#onChanged(changed, last);
    for (const look of changed.length > 0 ? this.#looks : due) look.first = undefined;
    this.#expectsFirst = true;
    this.#setDue();
  }

  #onChanged(looks: readonly Look<R>[], last: R): void {
    const names = this.#properties.thoroughLook();
    const [longest] = looks.toSorted((one, other) => one.endedBefore - other.endedBefore);
    this.#tell(this.#suspects(longest as Look<R>, last), names);
    this.#properties.rebase(); // to be told once
  }

  #suspects({ first, endedBefore }: Look<R>, last: R): GlobalsChange['rows'] {
    const running = this.#options.running();
    const count = first === undefined ? 1 : this.#ended - endedBefore;
    return {
      first: (first ?? last).stateId,
      last: (running[running.length - 1] ?? last).stateId,
      count: count + running.length,
    };
  }

  #tell(rows: GlobalsChange['rows'], names: readonly string[]): void {
    this.#unanswered++;
    const changes = names.slice(0, MOST_NAMES);
    this.#options.tell({ kind: 'globals', rows, changes, others: names.length - changes.length });
  }

  #changesOf({ look, pacer }: Look<R>): readonly string[] {
    const startedAt = monotonicNow();
    const changes = look();
    pacer.onLooked(monotonicNow() - startedAt, this.#workedMs);
    return changes;
  }

  #setDue(): void {
    this.#dueAt = Math.min(...this.#looks.map(({ pacer }) => pacer.dueAt));
  }
}

function lookOf<R>(look: () => readonly string[], pacer: LookPacer): Look<R> {
  return { look, pacer, first: undefined, endedBefore: 0 };
}
