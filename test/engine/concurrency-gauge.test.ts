import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ConcurrencyGauge, POOL_COUNTER } from '../../src/engine/concurrency-gauge.ts';

const gaugeUrl = dataUrl(
  stripTypeScriptTypes(
    readFileSync(new URL('../../src/engine/concurrency-gauge.ts', import.meta.url), 'utf8'),
  ),
);

function dataUrl(code: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}

/** Cells of the latch that the threads share: how many have arrived, and whether they may go on. */
const ARRIVED = 0;
const OPEN = 1;

/**
 * Runs `body` in so many threads at once, each with a gauge of its own over the shared cells. In the body, `meet()` waits
 * until all threads have come to it, and `held()` until `whileHeld` has run here, which it does when all have met.
 */
async function inThreads(
  gauge: ConcurrencyGauge,
  { count, body, whileHeld = () => undefined }: { count: number; body: string; whileHeld?: () => void },
): Promise<void> {
  const latch = new Int32Array(new SharedArrayBuffer(8));
  const code = `
    import { workerData } from 'node:worker_threads';
    import { ConcurrencyGauge } from ${JSON.stringify(gaugeUrl.href)};
    const { buffer, latch, count } = workerData;
    const gauge = new ConcurrencyGauge(buffer);
    const meet = () => {
      let arrived = Atomics.add(latch, ${ARRIVED}, 1) + 1;
      Atomics.notify(latch, ${ARRIVED});
      for (; arrived < count; arrived = Atomics.load(latch, ${ARRIVED})) Atomics.wait(latch, ${ARRIVED}, arrived);
    };
    const held = () => {
      Atomics.wait(latch, ${OPEN}, 0);
    };
    ${body}
  `;
  const ends = Array.from({ length: count }, () => {
    const worker = new Worker(dataUrl(code), { workerData: { buffer: gauge.buffer, latch, count } });
    return new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', () => {
        resolve();
      });
    });
  });
  await Promise.race([allArrived(latch, count), Promise.all(ends)]); // a thread that fails must not be waited for
  try {
    whileHeld();
  } finally {
    Atomics.store(latch, OPEN, 1);
    Atomics.notify(latch, OPEN);
  }
  await Promise.all(ends);
}

async function allArrived(latch: Int32Array<SharedArrayBuffer>, count: number): Promise<void> {
  for (let seen = Atomics.load(latch, ARRIVED); seen < count; seen = Atomics.load(latch, ARRIVED)) {
    const { async, value } = Atomics.waitAsync(latch, ARRIVED, seen);
    if (async) await value;
  }
}

describe('ConcurrencyGauge: counting', () => {
  test('a new gauge has counted nothing', () => {
    const gauge = new ConcurrencyGauge();
    expect([gauge.running(POOL_COUNTER), gauge.highest(POOL_COUNTER)]).toEqual([0, 0]);
  });

  test('any enters and leaves of several counters: running and highest of each alone', () => {
    const steps = fc.array(fc.record({ counter: fc.nat(3), enters: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (list) => {
        const gauge = new ConcurrencyGauge();
        const model = Array.from({ length: 4 }, () => ({ running: 0, highest: 0 }));
        for (const { counter, enters } of list) {
          const own = model[counter]!;
          if (enters) {
            gauge.enter(counter);
            own.running++;
            own.highest = Math.max(own.highest, own.running);
          } else if (own.running > 0) {
            gauge.leave(counter);
            own.running--;
          }
          expect(model.map((_, index) => [gauge.running(index), gauge.highest(index)])).toEqual(
            model.map(({ running, highest }) => [running, highest]),
          );
        }
      }),
    );
  });

  test('two gauges over one buffer count in the same cells', () => {
    const gauge = new ConcurrencyGauge();
    const other = new ConcurrencyGauge(gauge.buffer);
    gauge.enter(POOL_COUNTER);
    other.enter(POOL_COUNTER);
    gauge.leave(POOL_COUNTER);
    expect([gauge.running(POOL_COUNTER), other.highest(POOL_COUNTER)]).toEqual([1, 2]);
  });
});

describe('ConcurrencyGauge: interleavings', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test.each([1, 2, 3])(
    'highest: %i threads that come in while one has looked and not written yet',
    (others) => {
      const gauge = new ConcurrencyGauge();
      const other = new ConcurrencyGauge(gauge.buffer);
      const load = Atomics.load.bind(Atomics);
      vi.spyOn(Atomics, 'load').mockImplementationOnce(((cells: Int32Array, index: number) => {
        const seen = load(cells, index);
        for (let left = others; left > 0; left--) other.enter(POOL_COUNTER);
        return seen;
      }) as typeof Atomics.load);
      gauge.enter(POOL_COUNTER);
      expect([gauge.running(POOL_COUNTER), gauge.highest(POOL_COUNTER)]).toEqual([others + 1, others + 1]);
      for (let left = others + 1; left > 0; left--) gauge.leave(POOL_COUNTER);
      gauge.enter(POOL_COUNTER);
      expect([gauge.running(POOL_COUNTER), gauge.highest(POOL_COUNTER)]).toEqual([1, others + 1]);
    },
  );

  test('highest: a smaller figure that another thread writes meanwhile does not stay', () => {
    const gauge = new ConcurrencyGauge();
    const load = Atomics.load.bind(Atomics);
    const mocked = vi.spyOn(Atomics, 'load');
    // the other one has counted itself, and stops before it writes its 1
    mocked.mockReturnValueOnce(Infinity as never);
    gauge.enter(POOL_COUNTER);
    mocked.mockImplementationOnce(((cells: Int32Array, index: number) => {
      const seen = load(cells, index);
      Atomics.store(cells, index, 1); // now it writes
      return seen;
    }) as typeof Atomics.load);
    gauge.enter(POOL_COUNTER);
    expect([gauge.running(POOL_COUNTER), gauge.highest(POOL_COUNTER)]).toEqual([2, 2]);
  });
});

describe('ConcurrencyGauge: leases', () => {
  test('lease: counters that are held at once differ from one another and from the pool`s', () => {
    const gauge = new ConcurrencyGauge();
    const leased = Array.from({ length: 300 }, () => gauge.lease());
    expect(new Set([POOL_COUNTER, ...leased]).size).toBe(301);
  });

  test('lease: a counter that was released comes back zeroed, before the memory grows', () => {
    const gauge = new ConcurrencyGauge();
    const counter = gauge.lease();
    gauge.enter(counter);
    gauge.enter(counter);
    gauge.release(counter);
    const bytes = gauge.buffer.byteLength;
    for (let round = 0; round < 1_000; round++) {
      const again = gauge.lease();
      expect([gauge.running(again), gauge.highest(again)]).toEqual([0, 0]);
      gauge.enter(again);
      gauge.release(again);
    }
    expect(gauge.buffer.byteLength).toBe(bytes);
  });

  test('lease: any leases and releases: no counter is held twice', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(), { nil: undefined }), { maxLength: 60 }), (steps) => {
        const gauge = new ConcurrencyGauge();
        const held: number[] = [];
        for (const pick of steps) {
          if (pick === undefined || held.length === 0) held.push(gauge.lease());
          else gauge.release(held.splice(pick % held.length, 1)[0]!);
          expect(new Set([POOL_COUNTER, ...held]).size).toBe(held.length + 1);
        }
      }),
    );
  });

  test('lease: the memory grows under what is being counted, in gauges made before too', () => {
    const gauge = new ConcurrencyGauge();
    const before = new ConcurrencyGauge(gauge.buffer);
    gauge.enter(POOL_COUNTER);
    const leased = Array.from({ length: 5_000 }, () => gauge.lease());
    const last = leased.at(-1)!;
    before.enter(last);
    gauge.enter(last);
    expect([gauge.running(POOL_COUNTER), gauge.running(last), before.highest(last)]).toEqual([1, 2, 2]);
    expect(gauge.running(leased.at(-2)!)).toBe(0);
  });
});

describe('ConcurrencyGauge: several threads', () => {
  test('I2 rows that run at the same time in four threads are all counted while they run', async () => {
    const gauge = new ConcurrencyGauge();
    const counter = gauge.lease();
    await inThreads(gauge, {
      count: 4,
      body: `
        gauge.enter(${counter});
        meet();
        held();
        gauge.leave(${counter});
      `,
      whileHeld: () => {
        expect([gauge.running(counter), gauge.highest(counter)]).toEqual([4, 4]);
      },
    });
    expect([gauge.running(counter), gauge.highest(counter)]).toEqual([0, 4]);
  });

  test('no count is lost when four threads count in the same cells at once', async () => {
    const gauge = new ConcurrencyGauge();
    const counters = Array.from({ length: 20_000 }, () => gauge.lease());
    const [first, last] = [counters[0]!, counters.at(-1)!];
    await inThreads(gauge, {
      count: 4,
      body: `
        meet();
        for (let counter = ${first}; counter <= ${last}; counter++) gauge.enter(counter);
        for (let round = 0; round < 20_000; round++) {
          gauge.enter(0);
          gauge.leave(0);
        }
      `,
    });
    expect(gauge.running(POOL_COUNTER)).toBe(0);
    expect(gauge.highest(POOL_COUNTER)).toBeLessThanOrEqual(4);
    expect(gauge.highest(POOL_COUNTER)).toBeGreaterThanOrEqual(1);
    const wrong = counters.filter((counter) => gauge.running(counter) !== 4 || gauge.highest(counter) !== 4);
    expect(wrong).toEqual([]);
  });
});
