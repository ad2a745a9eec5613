import { getEventListeners } from 'node:events';
import { describe, expect, onTestFinished, vi } from 'vitest';
import { MemoryAuditTrail } from '../../src/index.ts';
import { ConcurrencyGauge } from '../../src/engine/concurrency-gauge.ts';
import { collectGarbage } from '../helpers/collect-garbage.ts';
import { turns } from '../helpers/event-loop.ts';
import { test, type CreateExecutor } from '../helpers/executor-fixture.ts';
import { collect, outputsOf, range } from '../helpers/rows.ts';
import { makeTrackedTransform } from '../helpers/transforms.ts';

const RUN = { runId: 'run' };

/** Collections after which nothing is left of what nobody holds. */
const ROUNDS = 20;

function makeExecutor(createExecutor: CreateExecutor, audit?: MemoryAuditTrail) {
  return createExecutor({ transform: makeTrackedTransform<number>().transform, poolSize: 1, audit });
}

/** A source that can be closed, and when it was. */
function closable() {
  const closed = vi.fn(() => ({ done: true, value: undefined }));
  const next = () => ({ done: false, value: 1 });
  const rows = { [Symbol.iterator]: () => ({ next, return: closed }) } as Iterable<number>;
  return { rows, closed };
}

describe('a stream that nobody has read from', () => {
  test('listens to no signal, counts nowhere, and is not on record', async ({ createExecutor }) => {
    const lease = vi.spyOn(ConcurrencyGauge.prototype, 'lease');
    onTestFinished(() => {
      lease.mockRestore();
    });
    const audit = new MemoryAuditTrail();
    const executor = makeExecutor(createExecutor, audit);
    const { signal } = new AbortController();
    const stream = executor.stream(range(3), { signal });
    await turns();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(lease).not.toHaveBeenCalled();
    expect(audit.records).toEqual([]);
    expect(stream.stats).toMatchObject({ submitted: 0, attempts: 0, maxConcurrentReached: 0 });
    const first = stream.next();
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    expect(lease).toHaveBeenCalledOnce();
    expect((await first).value?.rowIndex).toBe(0);
    expect(outputsOf(await collect(stream))).toEqual([1, 2]);
    expect(stream.stats).toMatchObject({ submitted: 3, successes: 3 });
    await turns();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('is garbage when its consumer drops it', async ({ createExecutor }) => {
    const executor = makeExecutor(createExecutor);
    const dropped = new WeakRef(executor.stream(range(3), { signal: new AbortController().signal }));
    for (let round = 0; round < ROUNDS && dropped.deref() !== undefined; round++) {
      await turns();
      await collectGarbage();
    }
    expect(dropped.deref()).toBeUndefined();
  });

  test('is not at its run: another executor may be, and then the first read is refused', async ({
    createExecutor,
  }) => {
    const audit = new MemoryAuditTrail();
    const { rows, closed } = closable();
    const stream = makeExecutor(createExecutor, audit).stream(rows, RUN);
    const other = makeExecutor(createExecutor, audit).stream(range(2), RUN);
    await other.next();
    const message = "as another executor of this process is at run 'run'";
    await expect(stream.next()).rejects.toThrow(message);
    expect(closed).toHaveBeenCalledOnce();
    expect((await stream.next()).done).toBe(true);
    expect(outputsOf(await collect(other))).toEqual([1]);
  });

  test.for([true, false])(
    'ends, and closes its source, when it is first read after a shutdown, wait: %s',
    async (wait, { createExecutor }) => {
      const executor = makeExecutor(createExecutor);
      const { rows, closed } = closable();
      const streams = range(3).map(() => executor.stream(rows));
      await executor.shutdown({ wait });
      expect((await streams[0]!.next()).done).toBe(true);
      expect(await streams[1]!.nextReady()).toEqual([]);
      expect(await streams[2]!.nextRuns()).toEqual([]);
      expect(closed).toHaveBeenCalledTimes(3);
      expect((await streams[0]!.next()).done).toBe(true);
      expect(closed).toHaveBeenCalledTimes(3);
    },
  );

  test('is aborted when its signal was before the first read', async ({ createExecutor }) => {
    const controller = new AbortController();
    const { rows, closed } = closable();
    const stream = makeExecutor(createExecutor).stream(rows, { signal: controller.signal });
    controller.abort();
    expect(await collect(stream)).toEqual([]);
    expect(closed).toHaveBeenCalledOnce();
  });

  test('rejects, once, when the trail has failed meanwhile', async ({ createExecutor }) => {
    const audit = new MemoryAuditTrail();
    const executor = createExecutor(
      { transform: makeTrackedTransform<number>().transform, audit },
      { further: 'refused' },
    );
    const stream = executor.stream(range(3));
    vi.spyOn(audit, 'append').mockRejectedValue(new Error('disk full'));
    await expect(executor.map([1])).rejects.toThrow('disk full');
    await expect(stream.next()).rejects.toThrow('disk full');
    expect((await stream.next()).done).toBe(true);
  });

  test('throw closes its source and rejects with its error', async ({ createExecutor }) => {
    const { rows, closed } = closable();
    closed.mockImplementation(() => {
      throw new Error('can not be closed');
    });
    const stream = makeExecutor(createExecutor).stream(rows);
    await expect(stream.throw(new Error('enough'))).rejects.toThrow('enough');
    expect(closed).toHaveBeenCalledOnce();
    expect((await stream.next()).done).toBe(true);
  });
});
