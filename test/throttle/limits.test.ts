import { describe, expect, test } from 'vitest';
import { ConcurrencyLimit, Outage, TokenBucket, type Limit } from '../../bench/throttle/limits.ts';

/** How many of `calls` that arrive every `everyMs` are accepted. */
function accepted(limit: Limit, calls: number, everyMs: number): number {
  let count = 0;
  for (let call = 0; call < calls; call++) if (limit.arrive(call * everyMs, call) === undefined) count++;
  return count;
}

describe('TokenBucket', () => {
  test('accepts a burst, then its rate; the rest is refused with 429', () => {
    const bucket = new TokenBucket(10, 5);
    expect(accepted(bucket, 1_000, 10)).toBe(5 + 99);
    expect(bucket.arrive(9_990)).toBe(429);
  });

  test('follows a rate that changes, and saves up no more than a burst', () => {
    const bucket = new TokenBucket(
      [
        [0, 10],
        [1_000, 2],
      ],
      3,
    );
    expect(accepted(bucket, 3_001, 1)).toBe(3 + 10 + 4);
    expect(accepted(asLimit(bucket, 20_000), 10, 0)).toBe(3);
  });

  test('book: tokens one after another, as they come', () => {
    const bucket = new TokenBucket(10, 2);
    expect([0, 0, 0, 50, 500].map((at) => Math.round(bucket.book(at)))).toEqual([0, 0, 100, 200, 500]);
  });
});

test('ConcurrencyLimit: so many at once, 503 for others; book: when a place is free', () => {
  const limit = new ConcurrencyLimit(2);
  expect([limit.arrive(), limit.arrive(), limit.arrive()]).toEqual([undefined, undefined, 503]);
  limit.leave();
  expect(limit.arrive()).toBe(undefined);
  const ideal = new ConcurrencyLimit(2);
  expect([0, 0, 0, 0].map((at) => ideal.book(at, 100))).toEqual([0, 0, 100, 100]);
});

test('Outage: refuses from one instant up to another', () => {
  const outage = new Outage(100, 200);
  expect([99, 100, 199, 200].map((now) => outage.arrive(now))).toEqual([undefined, 503, 503, undefined]);
  expect([50, 150].map((at) => outage.book(at))).toEqual([50, 200]);
});

/** The bucket, all of whose calls arrive at one instant. */
function asLimit(bucket: TokenBucket, now: number): Limit {
  return {
    arrive: () => bucket.arrive(now),
    leave: () => bucket.leave(),
    book: (at) => bucket.book(at),
  };
}
