import fc from 'fast-check';
import { expect } from 'vitest';
import { CapacityError, MemoryAuditTrail } from '../../src/index.ts';
import type { CapacitySignal } from '../../src/core/capacity-error.ts';
import type { ThrottledAttempt } from '../../src/core/throttle/throttle.ts';
import { ThrottleModel } from '../core/throttle/throttle-model.ts';
import { test } from '../helpers/executor-fixture.ts';
import { FAKE_EPOCH, FakeClock } from '../helpers/fake-clock.ts';
import { contextsOf } from '../helpers/rows.ts';
import { DEFAULTS } from '../helpers/throttled-pool.ts';
import { makeTrackedTransform } from '../helpers/transforms.ts';
import { recordsOf, type RecordOf } from '../helpers/trails.ts';

const refusal: fc.Arbitrary<CapacitySignal> = fc.record(
  { statusCode: fc.constantFrom(429, 503, 529), retryAfterMs: fc.nat({ max: 500 }) },
  { requiredKeys: ['statusCode'] },
);

const throttleOptions = fc
  .record({
    minDispatchDelayMs: fc.constantFrom(0, 0, 10, 70),
    maxDispatchDelayMs: fc.constantFrom(5_000, 100),
    backoffMultiplier: fc.constantFrom(2, 3),
    recoveryStepMs: fc.constantFrom(50, 7),
  })
  .map((options) => ({ ...DEFAULTS, ...options }));

interface Row {
  readonly refusals: readonly CapacitySignal[];
  /** How long each of its attempts takes. */
  readonly takesMs: number;
}

const row: fc.Arbitrary<Row> = fc.record({
  refusals: fc.array(refusal, { maxLength: 5, size: 'max' }),
  takesMs: fc.nat({ max: 200 }),
});

/** What the law says of attempts that end one after another, and what is on record of them. */
class Comparison {
  readonly #model: ThrottleModel;
  readonly #rows: readonly Row[];
  /** When rows that were refused may be sent again. */
  readonly #readyAt = new Map<number, number>();
  #begun = 0;

  constructor(model: ThrottleModel, rows: readonly Row[]) {
    this.#model = model;
    this.#rows = rows;
  }

  check(record: RecordOf<'attempt'>): void {
    const attempt = this.#dispatch(record);
    const { refusals, takesMs } = this.#rows[record.rowIndex]!;
    const refused = refusals[record.attempt - 1];
    this.#model.now += takesMs;
    if (refused === undefined) {
      this.#model.rowsReady =
        this.#begun < this.#rows.length ||
        [...this.#readyAt.values()].some((at) => at <= attempt.dispatchedAt);
      this.#model.success(attempt);
      expect(record).toMatchObject({ outcome: 'ok', backoffMs: 0 });
    } else {
      const backoffMs = this.#model.refusal(attempt, refused);
      this.#readyAt.set(record.rowIndex, this.#model.now + backoffMs);
      expect(record).toMatchObject({ outcome: 'capacity', delayAfterMs: this.#model.d });
      expect(record.backoffMs).toBeCloseTo(backoffMs, 6);
    }
  }

  /** As soon as the gate is open and a row is ready. */
  #dispatch({ rowIndex, attempt, dispatchedAt, delayMs }: RecordOf<'attempt'>): ThrottledAttempt {
    const model = this.#model;
    if (attempt === 1) this.#begun++;
    const readyAt = this.#readyAt.get(rowIndex) ?? model.now;
    const at = Math.max(model.now, readyAt, model.gate(Math.max(model.now, readyAt)));
    expect(dispatchedAt - FAKE_EPOCH).toBeCloseTo(at, 2); // instants on record are rounded
    expect(delayMs).toBe(model.d);
    this.#readyAt.delete(rowIndex);
    model.now = at;
    const dispatched = { dispatchedAt: at, refusals: attempt - 1, rowCount: 1, probe: model.stalled };
    model.dispatch(dispatched);
    return dispatched;
  }
}

test('the law: poolSize 1, any capacity errors: delays, waits and instants on record are what it gives', async ({
  createExecutor,
}) => {
  await fc.assert(
    fc.asyncProperty(
      throttleOptions,
      fc.array(row, { maxLength: 12, size: 'max' }),
      async (options, rows) => {
        const clock = new FakeClock();
        const audit = new MemoryAuditTrail();
        const { transform } = makeTrackedTransform<number>((index, { attempt }) => {
          const { refusals, takesMs } = rows[index] ?? { refusals: [], takesMs: 0 };
          clock.elapse(takesMs);
          const refused = refusals[attempt - 1];
          if (refused === undefined) return index;
          throw new CapacityError(refused.statusCode, 'busy', refused);
        });
        const executor = createExecutor(
          { transform, poolSize: 1, sliceSize: 1, audit, ...options },
          { clock },
        );
        await clock.runUntil(executor.executeBatch(contextsOf([...rows.keys()])));
        const comparison = new Comparison(new ThrottleModel(options, 1), rows);
        for (const record of recordsOf(audit, 'attempt')) comparison.check(record);
      },
    ),
    { numRuns: 25 },
  );
});
