import { inspect } from 'node:util';

/** Anything whose rows can be taken one after another. */
export type RowIterable<Row> = Iterable<Row> | AsyncIterable<Row>;

/** One row, or the end. */
export type SourceStep<Row> = IteratorResult<Row, unknown>;

/** A source that is pulled: nothing is read from it before it is asked for. */
export interface RowSource<Row> {
  /** Gives the next step at once where the source can. */
  next(): SourceStep<Row> | Promise<SourceStep<Row>>;
  /** Frees what the source holds, also while a `next` is pending; async generators do so after that, and are not waited for. */
  close(): void | Promise<void>;
}

/**
 * Opens arrays, generators, async generators, Node streams and web streams. Web and Node streams are closed by their
 * own means, as their iterators would first wait for a read that may never come.
 */
export function openSource<Row>(rows: RowIterable<Row>): RowSource<Row> {
  if (rows instanceof ReadableStream) return openWebStream(rows as ReadableStream<Row>);
  if (hasMethod(rows, Symbol.asyncIterator)) return openAsyncIterable(rows as AsyncIterable<Row>);
  checkIterable(rows);
  return openIterable(rows);
}

/** @throws TypeError "Cannot read rows as they are not iterable: received 5". */
export function checkIterable(rows: unknown): asserts rows is Iterable<unknown> {
  if (!hasMethod(rows, Symbol.iterator)) {
    const remedy = hasMethod(rows, Symbol.asyncIterator) ? "; use 'stream' for rows that come over time" : '';
    const received = inspect(rows, { depth: 0 });
    throw new TypeError(`Cannot read rows as they are not iterable: received ${received}${remedy}`);
  }
}

function hasMethod(value: unknown, name: symbol): boolean {
  if (value === null || value === undefined) return false;
  return typeof (value as Record<symbol, unknown>)[name] === 'function';
}

function openIterable<Row>(rows: Iterable<Row>): RowSource<Row> {
  const iterator = rows[Symbol.iterator]();
  let isRunning = false;
  let closesThen = false;
  return {
    next: () => {
      isRunning = true;
      let step: SourceStep<Row>;
      try {
        step = checked(iterator.next());
      } finally {
        isRunning = false;
      }
      if (closesThen && step.done !== true) iterator.return?.();
      return step;
    },
    close: () => {
      // a generator that stops its own stream, or aborts its signal, can't return while it runs
      if (isRunning) closesThen = true;
      else iterator.return?.();
    },
  };
}

function openAsyncIterable<Row>(rows: AsyncIterable<Row>): RowSource<Row> {
  const iterator = rows[Symbol.asyncIterator]();
  let pending = 0;
  return {
    next: () => {
      pending++; // also while it runs at once: it may stop its own stream
      let next: SourceStep<Row> | Promise<SourceStep<Row>>;
      try {
        next = iterator.next() as SourceStep<Row> | Promise<SourceStep<Row>>;
      } catch (reason) {
        pending--;
        throw reason;
      }
      if (isObject(next) && 'done' in next) {
        pending--;
        return next; // one that has rows at hand need not make a promise of each
      }
      return Promise.resolve(next).then(
        (step) => {
          pending--;
          return checked(step);
        },
        (reason: unknown) => {
          pending--;
          throw reason;
        },
      );
    },
    close: async () => {
      if (isDestroyable(rows)) rows.destroy();
      const closed = iterator.return?.();
      if (pending === 0) await closed;
      // an async generator looks at return() only after its pending next(), which may never settle
      else closed?.then(undefined, () => undefined);
    },
  };
}

/** What a `for` loop refuses, which looks for `done` and `value` in nothing but objects. */
function checked<Row>(step: SourceStep<Row>): SourceStep<Row> {
  if (isObject(step)) return step;
  throw new TypeError(`Iterator result ${inspect(step)} is not an object`);
}

function isObject(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function openWebStream<Row>(rows: ReadableStream<Row>): RowSource<Row> {
  const reader = rows.getReader();
  return {
    next: async () => {
      const { done, value } = await reader.read();
      return done ? { done: true, value: undefined } : { done: false, value };
    },
    close: () => reader.cancel(),
  };
}

function isDestroyable(rows: object): rows is { destroy(): void } {
  return typeof (rows as { destroy?: unknown }).destroy === 'function';
}
