import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StatsCounter, type PoolStats } from '../../src/core/stats.ts';

const NOW = { currentDelayMs: 70, maxConcurrentReached: 3 };

const NOTHING: PoolStats = {
  submitted: 0,
  successes: 0,
  errors: 0,
  attempts: 0,
  capacityRetries: 0,
  currentDelayMs: 70,
  peakDelayMs: 10,
  totalThrottleTimeMs: 0,
  pacedTimeMs: 0,
  maxConcurrentReached: 3,
};

type Event =
  | { readonly kind: 'submitted' }
  | { readonly kind: 'result'; readonly status: 'success' | 'error' }
  | { readonly kind: 'attempt'; readonly afterRefusal: boolean }
  | { readonly kind: 'backoff'; readonly backoffMs: number; readonly delayMs: number }
  | { readonly kind: 'paced'; readonly elapsedMs: number };

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant('submitted' as const) }),
  fc.record({
    kind: fc.constant('result' as const),
    status: fc.constantFrom('success' as const, 'error' as const),
  }),
  fc.record({ kind: fc.constant('attempt' as const), afterRefusal: fc.boolean() }),
  fc.record({ kind: fc.constant('backoff' as const), backoffMs: fc.nat(5_000), delayMs: fc.nat(5_000) }),
  fc.record({ kind: fc.constant('paced' as const), elapsedMs: fc.nat(100) }),
);

function apply(counter: StatsCounter, said: Event): void {
  switch (said.kind) {
    case 'submitted':
      counter.onSubmitted();
      break;
    case 'result':
      counter.onResult(said.status);
      break;
    case 'attempt':
      counter.onAttempt(said.afterRefusal);
      break;
    case 'backoff':
      counter.onBackoff(said.backoffMs, said.delayMs);
      break;
    case 'paced':
      counter.onPaced(said.elapsedMs);
  }
}

/** The snapshot that a list of events must give, counted the plain way. */
function countOf(minDelayMs: number, events: readonly Event[]): PoolStats {
  const sum = (valueOf: (said: Event) => number) => events.reduce((total, said) => total + valueOf(said), 0);
  const count = (matches: (said: Event) => boolean) => events.filter(matches).length;
  return {
    ...NOW,
    submitted: count(({ kind }) => kind === 'submitted'),
    successes: count((said) => said.kind === 'result' && said.status === 'success'),
    errors: count((said) => said.kind === 'result' && said.status === 'error'),
    attempts: count(({ kind }) => kind === 'attempt'),
    capacityRetries: count((said) => said.kind === 'attempt' && said.afterRefusal),
    peakDelayMs: Math.max(minDelayMs, ...events.map((said) => (said.kind === 'backoff' ? said.delayMs : 0))),
    totalThrottleTimeMs: sum((said) => (said.kind === 'backoff' ? said.backoffMs : 0)),
    pacedTimeMs: sum((said) => (said.kind === 'paced' ? said.elapsedMs : 0)),
  };
}

describe('StatsCounter', () => {
  test('snapshot: a new counter has counted nothing, its peak is the least delay', () => {
    expect(new StatsCounter(10).snapshot(NOW)).toEqual(NOTHING);
    expect(new StatsCounter(10).forBatch().snapshot(NOW)).toEqual(NOTHING);
  });

  test('forBatch: I7 any events of overlapping batches: each counts its own, the total all but paced time', () => {
    const events = fc.array(fc.record({ batch: fc.nat(2), said: event }), { maxLength: 80 });
    fc.assert(
      fc.property(fc.nat(100), events, (minDelayMs, list) => {
        const total = new StatsCounter(minDelayMs);
        const batches = [total.forBatch(), total.forBatch(), total.forBatch()];
        for (const { batch, said } of list) apply(batches[batch]!, said);
        batches.forEach((counter, index) => {
          const own = list.filter(({ batch }) => batch === index).map(({ said }) => said);
          expect(counter.snapshot(NOW)).toEqual(countOf(minDelayMs, own));
          expect([counter.submitted, counter.errors]).toEqual([
            countOf(minDelayMs, own).submitted,
            countOf(minDelayMs, own).errors,
          ]);
        });
        const all = list.map(({ said }) => said).filter(({ kind }) => kind !== 'paced');
        expect(total.snapshot(NOW)).toEqual(countOf(minDelayMs, all));
      }),
    );
  });

  test('onPaced: counted by whom it is said to, not passed on', () => {
    const total = new StatsCounter(10);
    const batch = total.forBatch();
    batch.onPaced(5);
    batch.onPaced(2);
    total.onPaced(3);
    expect(batch.snapshot(NOW).pacedTimeMs).toBe(7);
    expect(total.snapshot(NOW).pacedTimeMs).toBe(3);
  });

  test('snapshot: does not change with what is counted later', () => {
    const counter = new StatsCounter(10);
    const before = counter.snapshot(NOW);
    counter.onSubmitted();
    counter.onBackoff(50, 100);
    expect(before).toEqual(NOTHING);
  });
});
