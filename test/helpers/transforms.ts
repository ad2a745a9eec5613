import {
  CapacityError,
  type CapacityErrorOptions,
  type Transform,
  type TransformContext,
} from '../../src/index.ts';

/** One run of a transform. */
export interface LoggedAttempt<Row> {
  readonly row: Row;
  readonly attempt: number;
}

export interface Tracked<Row, Output> {
  readonly transform: Transform<Row, Output>;
  /** Every run, in order of start. */
  readonly log: readonly LoggedAttempt<Row>[];
}

/** A transform and the log of its runs. Without a function of its own it returns the row. */
export function makeTrackedTransform<Row, Output = Row>(
  fn: Transform<Row, Output> = (row) => row as unknown as Output,
): Tracked<Row, Output> {
  const log: LoggedAttempt<Row>[] = [];
  return {
    log,
    transform: (row, context) => {
      log.push({ row, attempt: context.attempt });
      return fn(row, context);
    },
  };
}

/** A transform whose attempts wait until the test ends them, row by row. Rows are told apart by value. */
export interface Delayed<Row, Output> extends Tracked<Row, Output> {
  /** Rows that have started and not ended, in order of start. */
  readonly running: readonly Row[];
  /** The most rows that ran at once. */
  readonly highest: number;
  /** Resolves when the row runs in this or a later attempt. */
  started(row: Row, attempt?: number): Promise<void>;
  /** Ends the running attempts of rows with success. */
  release(...rows: readonly Row[]): void;
  /** Lets every attempt end, those that come later too. */
  releaseAll(): void;
  /** Ends the running attempt of a row with a capacity error. */
  refuse(row: Row, statusCode?: number, options?: CapacityErrorOptions): void;
  /** Ends the running attempt of a row with an error. */
  fail(row: Row, error: unknown): void;
}

interface Running<Row> {
  readonly row: Row;
  readonly context: TransformContext;
  readonly end: PromiseWithResolvers<void>;
}

/** `output` says what a released row gives; default: the row. */
export function makeDelayedTransform<Row, Output = Row>(
  output: (row: Row, context: TransformContext) => Output = (row) => row as unknown as Output,
): Delayed<Row, Output> {
  const running: Running<Row>[] = [];
  const watchers = new Set<() => void>();
  const attempts = new Map<Row, number>();
  let highest = 0;
  let open = false;
  const { transform, log } = makeTrackedTransform<Row, Output>(async (row, context) => {
    if (open || row === PROBE) return output(row, context);
    const own: Running<Row> = { row, context, end: Promise.withResolvers() };
    running.push(own);
    highest = Math.max(highest, running.length);
    attempts.set(row, context.attempt);
    for (const look of [...watchers]) look();
    try {
      await own.end.promise;
    } finally {
      running.splice(running.indexOf(own), 1);
    }
    return output(row, context);
  });
  const runningOf = (row: Row) => {
    const found = running.find((other) => other.row === row);
    if (found === undefined) throw new Error(`Cannot end row ${String(row)} as it does not run`);
    return found;
  };
  return {
    transform,
    log,
    get running() {
      return running.map(({ row }) => row);
    },
    get highest() {
      return highest;
    },
    started: (row, attempt = 1) =>
      new Promise((resolve) => {
        const look = () => {
          if ((attempts.get(row) ?? 0) < attempt) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
    release: (...rows) => {
      for (const row of rows) runningOf(row).end.resolve();
    },
    releaseAll: () => {
      open = true;
      for (const { end } of running) end.resolve();
    },
    refuse: (row, statusCode = 503, options = {}) => {
      runningOf(row).end.reject(new CapacityError(statusCode, undefined, options));
    },
    fail: (row, error) => {
      runningOf(row).end.reject(error);
    },
  };
}

/** Which rows fail, how often, and with what. */
export type FailurePlan<Row> = ReadonlyMap<Row, { readonly times: number; readonly error: () => unknown }>;

/** A transform that fails the first attempts of chosen rows and else returns the row. Rows are told apart by value. */
export function makeFailingTransform<Row>(plan: FailurePlan<Row>): Tracked<Row, Row> {
  return makeTrackedTransform<Row>((row, { attempt }) => {
    const failure = plan.get(row);
    if (failure !== undefined && attempt <= failure.times) throw failure.error();
    return row;
  });
}

/** A plan by which each of the rows is refused `times` times. */
export function refuse<Row>(
  rows: readonly Row[],
  times: number,
  error: () => unknown = () => new CapacityError(503),
): FailurePlan<Row> {
  return new Map(rows.map((row) => [row, { times, error }]));
}

/** The row by which the fixture checks that an executor still works; every test transform lets it pass at once. */
export const PROBE: unknown = '#probe';
