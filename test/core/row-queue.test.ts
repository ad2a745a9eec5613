import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RowQueue, type QueuedRow, type QueuedRun } from '../../src/core/row-queue.ts';

interface Row extends QueuedRow<string> {
  readonly batch: string;
  readonly sequence: number;
  readyAt: number;
  deadlineAt: number;
  readonly runsAlone?: boolean;
}

/** New rows of one batch. */
class Run implements QueuedRun<string, Row, Run> {
  readonly batch: string;
  readonly rows: readonly Row[];

  constructor(rows: readonly Row[]) {
    this.batch = rows[0]?.batch ?? 'a';
    this.rows = [...rows];
  }

  get size(): number {
    return this.rows.length;
  }

  get runsAlone(): boolean {
    return this.rows[0]?.runsAlone === true;
  }

  cut(count: number): [Run, Run] {
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(this.size);
    return [new Run(this.rows.slice(0, count)), new Run(this.rows.slice(count))];
  }
}

/** A queue of rows, which says nothing of the runs that they come and go in. */
class Queue extends RowQueue<string, Row, Run> {
  push(...rows: readonly Row[]): void {
    this.pushNew(new Run(rows));
  }

  back(rows: readonly Row[]): void {
    this.putBack(new Run(rows));
  }

  take(sizeFor: (batch: string, waiting: number) => number): readonly Row[] {
    const retry = this.takeRetry();
    return retry === undefined ? rowsOf(this.takeNew(sizeFor)) : [retry];
  }

  probe(): readonly Row[] {
    const probe = this.takeProbe();
    return probe === undefined ? rowsOf(this.takeNew(takeOne)) : [probe];
  }
}

function rowOf(sequence: number, more: Partial<Row> = {}): Row {
  return { batch: 'a', sequence, readyAt: -Infinity, refusals: 0, deadlineAt: Infinity, ...more };
}

const rowsOf = (runs: readonly Run[]) => runs.flatMap(({ rows }) => rows);
const sequencesOf = (rows: readonly Row[]) => rows.map(({ sequence }) => sequence);
const bySequence = (rows: readonly Row[]) => rows.toSorted((a, b) => a.sequence - b.sequence);
const takeAll = (_batch: string, waiting: number) => waiting;
const takeOne = () => 1;

function queueOf(...rows: readonly Row[]): Queue {
  const queue = new Queue();
  for (const row of rows) queue.push(row);
  return queue;
}

/** Takes rows one slice at a time until there are none. */
function drain(queue: Queue, sizeFor: (batch: string, waiting: number) => number = takeOne): number[][] {
  const slices: number[][] = [];
  for (let rows = queue.take(sizeFor); rows.length > 0; rows = queue.take(sizeFor))
    slices.push(sequencesOf(rows));
  return slices;
}

describe('RowQueue: order', () => {
  test('an empty queue has no rows, no batches and no event', () => {
    const queue = queueOf();
    expect(queue.take(takeAll)).toEqual([]);
    expect(queue.advance(1e9)).toEqual([]);
    expect(queue.removeBatch('a')).toEqual([]);
    queue.back([]);
    queue.push();
    expect([queue.readyCount, queue.waitingCount, queue.nextEventAt, queue.readyBatches().size]).toEqual([
      0,
      0,
      Infinity,
      0,
    ]);
  });

  test('take: new rows of one batch come in order, as many as asked for', () => {
    const queue = queueOf(...[0, 1, 2, 3, 4].map((sequence) => rowOf(sequence)));
    const asked: unknown[] = [];
    const sizeFor = (...given: [string, number]) => {
      asked.push(given);
      return 2;
    };
    expect(drain(queue, sizeFor)).toEqual([[0, 1], [2, 3], [4]]);
    expect(asked).toEqual([
      ['a', 5],
      ['a', 3],
      ['a', 1],
    ]);
  });

  test('take: batches have their turns one after another', () => {
    const queue = queueOf(
      ...[0, 1, 2].map((sequence) => rowOf(sequence)),
      ...[3, 4].map((sequence) => rowOf(sequence, { batch: 'b' })),
      rowOf(5, { batch: 'c' }),
    );
    expect(drain(queue).flat()).toEqual([0, 3, 5, 1, 4, 2]);
  });

  test('take: a batch that ran empty has its turn after those that wait', () => {
    const queue = queueOf(rowOf(0), rowOf(1, { batch: 'b' }), rowOf(2, { batch: 'b' }));
    expect(sequencesOf(queue.take(takeOne))).toEqual([0]);
    queue.push(rowOf(3));
    expect(drain(queue).flat()).toEqual([1, 3, 2]);
  });

  test('take: a retry comes before new rows of every batch, alone, the oldest row first', () => {
    const queue = queueOf(rowOf(10), rowOf(11, { batch: 'b' }));
    queue.pushReady(rowOf(7));
    queue.pushReady(rowOf(3, { batch: 'b' }));
    queue.pushReady(rowOf(20));
    const sizeFor = () => {
      throw new Error('not asked for a retry');
    };
    expect([queue.take(sizeFor), queue.take(sizeFor), queue.take(sizeFor)].map(sequencesOf)).toEqual([
      [3],
      [7],
      [20],
    ]);
    expect(drain(queue).flat()).toEqual([10, 11]);
  });

  test('putBack: rows that came back unstarted are the next of their batch, in order', () => {
    const queue = queueOf(...[0, 1, 2, 3].map((sequence) => rowOf(sequence)));
    const taken = queue.take(() => 3);
    queue.back(taken.slice(1));
    expect(queue.readyCount).toBe(3);
    expect(drain(queue, takeAll)).toEqual([[1, 2, 3]]);
  });

  test('putBack: rows of a batch that has none left in the queue', () => {
    const queue = queueOf(rowOf(0), rowOf(1));
    const taken = queue.take(takeAll);
    queue.back(taken);
    expect([queue.readyCount, [...queue.readyBatches()]]).toEqual([2, ['a']]);
    expect(drain(queue, takeAll)).toEqual([[0, 1]]);
    expect(queue.readyCount).toBe(0);
  });

  test('readyBatches: batches of new rows and of retries, not of rows that wait', () => {
    const queue = queueOf(rowOf(0), rowOf(1, { batch: 'b' }));
    queue.pushReady(rowOf(2, { batch: 'c' }));
    queue.pushWaiting(rowOf(3, { batch: 'd', readyAt: 10 }));
    expect(queue.readyBatches()).toEqual(new Set(['a', 'b', 'c']));
    queue.advance(10);
    expect(queue.readyBatches()).toEqual(new Set(['a', 'b', 'c', 'd']));
  });
});

describe('RowQueue: rows that run alone', () => {
  const alone = (sequence: number, more: Partial<Row> = {}) => rowOf(sequence, { ...more, runsAlone: true });

  test('take: no other new row comes with them, in whatever order they are', () => {
    const queue = queueOf(alone(0), rowOf(1), rowOf(2), alone(3), alone(4), rowOf(5));
    expect(drain(queue, takeAll)).toEqual([[0], [1, 2], [3], [4], [5]]);
    expect(queue.readyCount).toBe(0);
  });

  test('nextRunsAlone: of the batch whose turn it is, retries apart', () => {
    const queue = queueOf(alone(0), rowOf(1, { batch: 'b' }), rowOf(2));
    queue.pushReady(rowOf(9, { batch: 'c' }));
    const seen = [queue.nextRunsAlone];
    for (let rows = queue.take(takeOne); rows.length > 0; rows = queue.take(takeOne)) {
      seen.push(queue.nextRunsAlone);
    }
    expect(seen).toEqual([true, true, false, false, false]);
  });

  test('they are put back, and removed, like others', () => {
    const queue = queueOf(alone(0), rowOf(1), alone(2));
    queue.back(queue.take(takeAll));
    expect(queue.readyCount).toBe(3);
    expect(sequencesOf(queue.take(takeAll))).toEqual([0]);
    expect(sequencesOf(queue.removeBatch('a'))).toEqual([1, 2]);
    expect(queue.readyCount).toBe(0);
  });
});

describe('RowQueue: waits', () => {
  test('advance: a wait ends at its instant, not before', () => {
    const queue = queueOf();
    queue.pushWaiting(rowOf(0, { readyAt: 100 }));
    expect([queue.readyCount, queue.waitingCount, queue.nextEventAt]).toEqual([0, 1, 100]);
    queue.advance(99.9);
    expect(queue.take(takeAll)).toEqual([]);
    queue.advance(100);
    expect([queue.readyCount, queue.waitingCount, queue.nextEventAt]).toEqual([1, 0, Infinity]);
    expect(sequencesOf(queue.take(takeAll))).toEqual([0]);
  });

  test('nextEventAt: the earliest end of a wait, however they were pushed', () => {
    const queue = queueOf();
    for (const [sequence, readyAt] of [30, 10, 20].entries()) queue.pushWaiting(rowOf(sequence, { readyAt }));
    expect(queue.nextEventAt).toBe(10);
    queue.advance(10);
    expect(queue.nextEventAt).toBe(20);
    queue.advance(25);
    expect(queue.nextEventAt).toBe(30);
  });

  test('take: rows whose waits are over come by age, not by the end of the wait', () => {
    const queue = queueOf(rowOf(9));
    queue.pushWaiting(rowOf(5, { readyAt: 10 }));
    queue.pushWaiting(rowOf(2, { readyAt: 20 }));
    queue.advance(30);
    expect(drain(queue).flat()).toEqual([2, 5, 9]);
  });
});

describe('RowQueue: deadlines', () => {
  test('advance: gives the ready rows whose budget is spent, at the instant of the deadline', () => {
    const queue = queueOf(rowOf(9));
    queue.pushReady(rowOf(0, { deadlineAt: 50 }));
    queue.pushReady(rowOf(1, { deadlineAt: 40 }));
    queue.pushReady(rowOf(2, { deadlineAt: 60 }));
    expect(queue.nextEventAt).toBe(40);
    expect(queue.advance(39.9)).toEqual([]);
    expect(sequencesOf(queue.advance(40))).toEqual([1]);
    expect(queue.nextEventAt).toBe(50);
    expect(sequencesOf(bySequence(queue.advance(100)))).toEqual([0, 2]);
    expect(queue.nextEventAt).toBe(Infinity);
    expect(queue.readyCount).toBe(1);
    expect(drain(queue).flat()).toEqual([9]);
  });

  test('advance: a row whose wait and budget end together is given up, not taken', () => {
    const queue = queueOf();
    queue.pushWaiting(rowOf(0, { readyAt: 50, deadlineAt: 50 }));
    expect(sequencesOf(queue.advance(50))).toEqual([0]);
    expect([queue.readyCount, queue.waitingCount]).toEqual([0, 0]);
  });

  test('nextEventAt: the deadline of a row that is gone is nobody`s', () => {
    const queue = queueOf();
    queue.pushReady(rowOf(0, { deadlineAt: 50 }));
    expect(queue.nextEventAt).toBe(50);
    queue.take(takeAll);
    expect(queue.nextEventAt).toBe(Infinity);
    queue.pushReady(rowOf(1, { deadlineAt: 90 }));
    expect(queue.nextEventAt).toBe(90);
    queue.removeBatch('a');
    expect(queue.nextEventAt).toBe(Infinity);
    queue.pushWaiting(rowOf(2, { readyAt: 70, deadlineAt: 100 }));
    expect(queue.nextEventAt).toBe(70);
  });

  test('nextEventAt: at the deadline of a row that is gone, the queue goes on to the next one', () => {
    const queue = queueOf();
    queue.pushReady(rowOf(0, { deadlineAt: 50 }));
    queue.pushReady(rowOf(1, { deadlineAt: 90 }));
    queue.take(takeAll);
    expect(queue.nextEventAt).toBeLessThanOrEqual(90);
    expect(queue.advance(50)).toEqual([]);
    expect(queue.nextEventAt).toBe(90);
    expect(sequencesOf(queue.advance(90))).toEqual([1]);
  });
});

describe('RowQueue.removeBatch', () => {
  test('takes out new, ready and waiting rows of the batch and leaves the others', () => {
    const queue = queueOf(rowOf(0), rowOf(1, { batch: 'b' }), rowOf(2));
    queue.pushReady(rowOf(3));
    queue.pushReady(rowOf(4, { batch: 'b' }));
    queue.pushWaiting(rowOf(5, { readyAt: 10 }));
    queue.pushWaiting(rowOf(6, { batch: 'b', readyAt: 20 }));
    expect(sequencesOf(bySequence(queue.removeBatch('a')))).toEqual([0, 2, 3, 5]);
    expect([queue.readyCount, queue.waitingCount, queue.nextEventAt]).toEqual([2, 1, 20]);
    expect(queue.readyBatches()).toEqual(new Set(['b']));
    expect(queue.removeBatch('a')).toEqual([]);
    queue.advance(20);
    expect(drain(queue).flat()).toEqual([4, 6, 1]);
  });
});

/** Where each row is, in plain lists. */
interface Model {
  now: number;
  next: number;
  /** Batches with new rows, in the order of their turns. */
  turns: { readonly batch: string; rows: Row[] }[];
  ready: Row[];
  waiting: Row[];
  /** Rows that were taken and are not back. */
  out: Row[];
  /** New rows of the last slice that may come back unstarted. */
  slice: Row[];
}

type Step = fc.Command<Model, Queue>;

function checkState(model: Model, queue: Queue): void {
  const fresh = model.turns.flatMap(({ rows }) => rows);
  expect(queue.readyCount).toBe(fresh.length + model.ready.length);
  expect(queue.freshCount).toBe(fresh.length);
  expect(queue.waitingCount).toBe(model.waiting.length);
  expect(queue.readyBatches()).toEqual(new Set([...fresh, ...model.ready].map(({ batch }) => batch)));
  const waits = Math.min(...model.waiting.map(({ readyAt }) => readyAt));
  const deadlines = Math.min(...model.ready.map(({ deadlineAt }) => deadlineAt));
  expect(queue.nextEventAt).toBeLessThanOrEqual(Math.min(waits, deadlines));
  if (model.ready.length === 0) expect(queue.nextEventAt).toBe(waits);
  expect(queue.nextRunsAlone).toBe(model.turns[0]?.rows[0]?.runsAlone === true);
}

function modelTake(model: Model, size: number): Row[] {
  const [oldest] = bySequence(model.ready);
  if (oldest !== undefined) {
    model.ready = model.ready.filter((row) => row !== oldest);
    return [oldest];
  }
  const turn = model.turns.shift();
  if (turn === undefined) return [];
  const alone = turn.rows.findIndex(({ runsAlone }) => runsAlone === true);
  const taken = turn.rows.splice(0, alone === 0 ? 1 : Math.min(size, alone < 0 ? Infinity : alone));
  if (turn.rows.length > 0) model.turns.push(turn);
  model.slice = taken;
  return taken;
}

class PushNew implements Step {
  readonly #batch: string;
  readonly #count: number;
  readonly #runAlone: boolean;

  constructor(batch: string, count: number, runAlone: boolean) {
    this.#batch = batch;
    this.#count = count;
    this.#runAlone = runAlone;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, queue: Queue): void {
    const batch = this.#batch;
    const runsAlone = this.#runAlone;
    const rows = Array.from({ length: this.#count }, () => rowOf(model.next++, { batch, runsAlone }));
    if (runsAlone) for (const row of rows) queue.push(row);
    else queue.push(...rows);
    const turn = model.turns.find(({ batch }) => batch === this.#batch);
    if (turn !== undefined) turn.rows.push(...rows);
    else if (rows.length > 0) model.turns.push({ batch: this.#batch, rows });
    checkState(model, queue);
  }

  toString(): string {
    return `pushNew(${this.#batch} x${this.#count}${this.#runAlone ? ', each alone' : ''})`;
  }
}

class Take implements Step {
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, queue: Queue): void {
    const [turn] = model.turns;
    const isRetry = model.ready.length > 0;
    model.slice = [];
    const taken = queue.take((batch, waiting) => {
      expect(isRetry).toBe(false);
      expect([batch, waiting]).toEqual([turn?.batch, turn?.rows.length]);
      return this.#size;
    });
    const expected = modelTake(model, this.#size);
    expect(taken).toEqual(expected);
    model.out.push(...expected);
    checkState(model, queue);
  }

  toString(): string {
    return `take(${this.#size})`;
  }
}

/** What happens to a row that was taken. */
class Return implements Step {
  readonly #how: 'ready' | { readonly wait: number; readonly budget: number };
  readonly #pick: number;

  constructor(how: 'ready' | { readonly wait: number; readonly budget: number }, pick: number) {
    this.#how = how;
    this.#pick = pick;
  }

  check({ out }: Readonly<Model>): boolean {
    return out.length > 0;
  }

  run(model: Model, queue: Queue): void {
    const [row] = model.out.splice(this.#pick % model.out.length, 1);
    model.slice = [];
    if (this.#how === 'ready') {
      queue.pushReady(row!);
      model.ready.push(row!);
    } else {
      row!.readyAt = model.now + this.#how.wait;
      row!.deadlineAt = row!.readyAt + this.#how.budget;
      queue.pushWaiting(row!);
      model.waiting.push(row!);
    }
    checkState(model, queue);
  }

  toString(): string {
    return `return(${JSON.stringify(this.#how)}, ${this.#pick})`;
  }
}

class PutBack implements Step {
  readonly #started: number;

  constructor(started: number) {
    this.#started = started;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, queue: Queue): void {
    const rows = model.slice.slice(this.#started);
    model.slice = [];
    queue.back(rows);
    if (rows.length > 0) {
      model.out = model.out.filter((row) => !rows.includes(row));
      const turn = model.turns.find(({ batch }) => batch === rows[0]!.batch);
      if (turn === undefined) model.turns.push({ batch: rows[0]!.batch, rows });
      else turn.rows.unshift(...rows);
    }
    checkState(model, queue);
  }

  toString(): string {
    return `putBack(from ${this.#started})`;
  }
}

class Advance implements Step {
  readonly #by: number;

  constructor(by: number) {
    this.#by = by;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, queue: Queue): void {
    model.now += this.#by;
    const { now } = model;
    const expired = queue.advance(now);
    model.ready.push(...model.waiting.filter(({ readyAt }) => readyAt <= now));
    model.waiting = model.waiting.filter(({ readyAt }) => readyAt > now);
    expect(bySequence(expired)).toEqual(
      bySequence(model.ready.filter(({ deadlineAt }) => deadlineAt <= now)),
    );
    model.ready = model.ready.filter(({ deadlineAt }) => deadlineAt > now);
    expect(queue.nextEventAt).toBeGreaterThan(now); // or its timer would fire for ever
    checkState(model, queue);
  }

  toString(): string {
    return `advance(${this.#by})`;
  }
}

class RemoveBatch implements Step {
  readonly #batch: string;

  constructor(batch: string) {
    this.#batch = batch;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, queue: Queue): void {
    const ofBatch = ({ batch }: Row) => batch === this.#batch;
    const fresh = model.turns.find(({ batch }) => batch === this.#batch)?.rows ?? [];
    const expected = [...fresh, ...model.ready.filter(ofBatch), ...model.waiting.filter(ofBatch)];
    expect(bySequence(queue.removeBatch(this.#batch))).toEqual(bySequence(expected));
    model.turns = model.turns.filter(({ batch }) => batch !== this.#batch);
    model.ready = model.ready.filter((row) => !ofBatch(row));
    model.waiting = model.waiting.filter((row) => !ofBatch(row));
    model.slice = [];
    checkState(model, queue);
  }

  toString(): string {
    return `removeBatch(${this.#batch})`;
  }
}

describe('RowQueue.takeProbe', () => {
  const refused = (sequence: number, refusals: number) => rowOf(sequence, { refusals });

  test('gives the refused row with the fewest refusals, the oldest of them; new rows come when there is none', () => {
    const queue = queueOf(rowOf(9));
    for (const row of [refused(1, 5), refused(3, 2), refused(2, 2)]) queue.pushReady(row);
    const probes = [1, 2, 3, 4].map(() => sequencesOf(queue.probe()));
    expect(probes).toEqual([[2], [3], [1], [9]]);
    expect([queue.probe(), queue.readyCount]).toEqual([[], 0]);
  });

  test('gives the first by refusals, then by age, of any refused rows', () => {
    const list = fc.uniqueArray(fc.tuple(fc.nat({ max: 20 }), fc.nat({ max: 3 })), {
      minLength: 1,
      selector: ([sequence]) => sequence,
    });
    fc.assert(
      fc.property(list, (pairs) => {
        const queue = queueOf();
        for (const [sequence, refusals] of pairs) queue.pushReady(refused(sequence, refusals));
        const [first] = pairs.toSorted((a, b) => a[1] - b[1] || a[0] - b[0]);
        expect(sequencesOf(queue.probe())).toEqual([first![0]]);
      }),
    );
  });

  test('gives no row twice in a row while there is another, refused more often or new', () => {
    const queue = queueOf(rowOf(9));
    const [bad, worse] = [refused(1, 5), refused(2, 50)];
    for (const row of [bad, worse]) queue.pushReady(row);
    expect(queue.probe()).toEqual([bad]);
    queue.pushReady(bad);
    expect(queue.probe()).toEqual([worse]);
    expect(queue.probe()).toEqual([bad]);
    queue.pushReady(bad);
    expect(sequencesOf(queue.probe())).toEqual([9]);
    expect(queue.probe()).toEqual([bad]);
    queue.pushReady(bad);
    expect(queue.probe()).toEqual([bad]);
  });

  test('takes one new row at a time, in turn between batches', () => {
    const queue = queueOf(rowOf(0), rowOf(1), rowOf(2, { batch: 'b' }));
    expect([1, 2, 3].map(() => sequencesOf(queue.probe()))).toEqual([[0], [2], [1]]);
  });
});

describe('RowQueue: model', () => {
  test('any sequence of operations agrees with plain lists: fair turns, retries first by age, deadlines, counts', () => {
    const batch = fc.constantFrom('a', 'b', 'c');
    const refusal = fc.record({ wait: fc.nat(20), budget: fc.nat(20) });
    const commands = fc.commands(
      [
        fc.tuple(batch, fc.nat({ max: 5 }), fc.boolean()).map((given) => new PushNew(...given)),
        fc.tuple(batch, fc.constant(1), fc.boolean()).map((given) => new PushNew(...given)),
        fc.integer({ min: 1, max: 4 }).map((size) => new Take(size)),
        fc.integer({ min: 1, max: 4 }).map((size) => new Take(size)),
        fc.nat(9).map((pick) => new Return('ready', pick)),
        fc.tuple(refusal, fc.nat(9)).map((given) => new Return(...given)),
        fc.nat(3).map((started) => new PutBack(started)),
        fc.nat(12).map((by) => new Advance(by)),
        batch.map((name) => new RemoveBatch(name)),
      ],
      { maxCommands: 100, size: 'max' },
    );
    fc.assert(
      fc.property(commands, (list) => {
        fc.modelRun(
          () => ({
            model: { now: 0, next: 0, turns: [], ready: [], waiting: [], out: [], slice: [] },
            real: new Queue(),
          }),
          list,
        );
      }),
      { numRuns: 400 },
    );
  });
});
