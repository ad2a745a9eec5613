/** Cells of the stage: how many events there are, and a counter that is notified at each. */
const COUNT = 0;
const PULSE = 1;
const GATES = 2;
const ROWS = 2_048;
const EVENTS = GATES + ROWS;
const MAX_EVENTS = 8_192;

const START = 1;
const END = 2;

export interface StageEvent {
  readonly kind: 'start' | 'end';
  readonly row: number;
  readonly attempt: number;
}

/**
 * Shared memory in which the rows of a test, on whatever thread they run, say that they start and end, and wait at a gate
 * of their own until the test lets them on. All gates are shut at first. Pass `buffer` in the executor's `workerData`.
 */
export class Stage {
  readonly buffer: SharedArrayBuffer;
  readonly #cells: Int32Array<SharedArrayBuffer>;

  constructor(buffer = new SharedArrayBuffer((EVENTS + MAX_EVENTS) * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#cells = new Int32Array(buffer);
  }

  /** Running row: it starts. */
  enter(row: number, attempt = 1): void {
    this.#note(START, row, attempt);
  }

  /** Running row, on a worker thread: blocks the thread until the test opens the row's gate. */
  awaitGate(row: number): void {
    Atomics.wait(this.#cells, GATES + row, 0);
  }

  /** Running row: like {@link awaitGate}, without blocking the thread. */
  async gate(row: number): Promise<void> {
    await Atomics.waitAsync(this.#cells, GATES + row, 0).value;
  }

  /** Running row: it ends. */
  leave(row: number, attempt = 1): void {
    this.#note(END, row, attempt);
  }

  /** Test: lets rows on, for this and all later attempts. */
  open(...rows: readonly number[]): void {
    for (const row of rows) {
      Atomics.store(this.#cells, GATES + row, 1);
      Atomics.notify(this.#cells, GATES + row);
    }
  }

  openAll(): void {
    this.open(...Array.from({ length: ROWS }, (_, row) => row));
  }

  /** Test: all gates are shut again and nothing has happened. No row may run. */
  reset(): void {
    this.#cells.fill(0);
  }

  /** Everything that happened, in order. */
  get events(): readonly StageEvent[] {
    const events: StageEvent[] = [];
    for (let index = 0; index < Atomics.load(this.#cells, COUNT); index++) {
      const cell = Atomics.load(this.#cells, EVENTS + index);
      if (cell === 0) break; // counted, not written yet
      events.push({
        kind: (cell & 3) === START ? 'start' : 'end',
        row: cell >> 12,
        attempt: (cell >> 2) & 1023,
      });
    }
    return events;
  }

  /** Rows in the order in which they started, once per attempt. */
  get starts(): readonly number[] {
    return this.events.filter(({ kind }) => kind === 'start').map(({ row }) => row);
  }

  /** Rows in the order in which they ended, once per attempt. */
  get ends(): readonly number[] {
    return this.events.filter(({ kind }) => kind === 'end').map(({ row }) => row);
  }

  /** The most rows that were between start and end at once. */
  get highest(): number {
    let running = 0;
    let highest = 0;
    for (const { kind } of this.events) {
      running += kind === 'start' ? 1 : -1;
      highest = Math.max(highest, running);
    }
    return highest;
  }

  /** Position of an event among all; -1 while it has not happened. */
  position(kind: StageEvent['kind'], row: number, attempt = 1): number {
    return this.events.findIndex(
      (event) => event.kind === kind && event.row === row && event.attempt === attempt,
    );
  }

  /** Test: resolves when each of the rows has started. */
  started(...rows: readonly number[]): Promise<void> {
    return this.until(() => {
      const { starts } = this;
      return rows.every((row) => starts.includes(row));
    });
  }

  /** Test: resolves when each of the rows has ended. */
  ended(...rows: readonly number[]): Promise<void> {
    return this.until(() => {
      const { ends } = this;
      return rows.every((row) => ends.includes(row));
    });
  }

  /** Test: resolves when the condition, which is looked at after each event, holds. */
  async until(condition: () => boolean): Promise<void> {
    for (;;) {
      const pulse = Atomics.load(this.#cells, PULSE);
      if (condition()) return;
      await Atomics.waitAsync(this.#cells, PULSE, pulse).value;
    }
  }

  #note(kind: number, row: number, attempt: number): void {
    const index = Atomics.add(this.#cells, COUNT, 1);
    if (index < MAX_EVENTS) Atomics.store(this.#cells, EVENTS + index, (row << 12) | (attempt << 2) | kind);
    Atomics.add(this.#cells, PULSE, 1);
    Atomics.notify(this.#cells, PULSE);
  }
}
