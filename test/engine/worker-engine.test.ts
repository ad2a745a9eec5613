import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { encode } from '../../src/core/codec.ts';
import { move, Moved, takeOver, type MovedContent } from '../../src/core/moved.ts';
import { ConcurrencyGauge } from '../../src/engine/concurrency-gauge.ts';
import type { Slice } from '../../src/engine/engine.ts';
import { Lanes } from '../../src/engine/lanes.ts';
import { UNTOUCHED } from '../../src/engine/slice-columns.ts';
import { WorkerEngine } from '../../src/engine/worker-engine.ts';
import { isSettled, turns } from '../helpers/event-loop.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { FakeHost } from '../helpers/fake-host.ts';
import { range } from '../helpers/rows.ts';

describe('WorkerEngine', () => {
  let clock: FakeClock;
  let hosts: FakeHost[];
  let lanes: Lanes;
  let gauge: ConcurrencyGauge;
  let warnings: { readonly message: string; readonly about: unknown }[];

  beforeEach(() => {
    clock = new FakeClock();
    hosts = [];
    lanes = new Lanes(2);
    gauge = new ConcurrencyGauge();
    warnings = [];
    vi.spyOn(process, 'emitWarning').mockImplementation((message, about?: unknown) => {
      warnings.push({ message: String(message), about });
    });
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** With one worker for two slices, unless told otherwise. */
  async function startedEngine(
    attemptTimeoutMs?: number,
    { threads = 1, takesBehind = false } = {},
  ): Promise<WorkerEngine> {
    const engine = new WorkerEngine(
      {
        transformUrl: 'file:///transform.ts',
        poolSize: 2,
        threads,
        attemptTimeoutMs,
        loadTimeoutMs: 60_000,
        recycleAfterRows: undefined,
        recycleAfterHeapMb: undefined,
        clock,
        originMs: 0,
      },
      {
        sharesMemory: false,
        gauge,
        lanes,
        start: () => {
          const host = new FakeHost(hosts.length + 1);
          hosts.push(host);
          return host;
        },
        load: (host) => {
          const loaded = host.run({ setup: {} as never });
          hosts.find((own) => own === host)?.answers[0]?.resolve({ kind: 'ready' });
          return loaded;
        },
        takesBehind,
        cancel: (lane) => lanes.cancel(lane),
        recall: () => false,
        abortAll: () => undefined,
      },
    );
    await engine.start();
    return engine;
  }

  function sliceOf(lane: number, rows: number): Slice {
    return {
      sliceId: lane,
      lane,
      counter: lane + 1,
      generatedIds: false,
      alone: false,
      rows: range(rows).map((index) => ({
        snapshot: encode(index),
        stateId: `row-${index}`,
        rowIndex: index,
        position: index,
        attempt: 1,
        nextCallIndex: 0,
      })),
    };
  }

  const signal = new AbortController().signal;

  test('watchdog: a worker that does not take its slice up is replaced, with the state in a warning', async () => {
    const engine = await startedEngine();
    const report = engine.run(sliceOf(0, 3), signal);
    await clock.advance(30_000);
    expect(hosts[0]?.hasEnded).toBe(false);
    await clock.advance(30_000);
    expect(hosts[0]?.hasEnded).toBe(true);
    expect(await report).toMatchObject({ outcomes: [] });
    expect(warnings).toEqual([
      {
        message: expect.stringMatching(
          /^Worker 1 has not moved for 30000 ms and is replaced .*"row":-1.*worker 1 is ready/,
        ) as unknown,
        about: { type: 'StalledWorkerWarning', code: 'POOLED_EXECUTOR_STALLED_WORKER' },
      },
    ]);
    await turns();
    expect(hosts).toHaveLength(2);
  });

  test('watchdog: each worker in turn gets twice the time of the one before, until a row begins', async () => {
    const engine = await startedEngine(1_000);
    /** How long a worker is left alone that does not take its slice up. */
    const stalledFor = async () => {
      const report = engine.run(sliceOf(0, 1), signal);
      const host = hosts.at(-1);
      let passedMs = 0;
      for (; host?.hasEnded === false && passedMs < 120_000; passedMs += 1_000) await clock.advance(1_000);
      await report;
      await turns();
      return passedMs;
    };
    const times: number[] = [];
    for (let worker = 0; worker < 7; worker++) times.push(await stalledFor());
    expect(times).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);

    const begun = engine.run(sliceOf(0, 1), signal);
    lanes.open(0, hosts.length);
    lanes.begin(0, 0, 0);
    hosts.at(-1)?.terminate();
    await begun;
    await turns();
    expect(await stalledFor()).toBe(2_000);
  });

  test.each([
    [10, 2_000],
    [3_000, 6_000],
    [60_000, 60_000],
  ])('watchdog: where an attempt may take %i ms the first worker gets %i ms', async (timeoutMs, givenMs) => {
    const engine = await startedEngine(timeoutMs);
    const report = engine.run(sliceOf(0, 1), signal);
    await clock.advance(givenMs / 2);
    await clock.advance(givenMs / 2 - 1);
    expect(hosts[0]?.hasEnded).toBe(false);
    await clock.advance(1);
    expect(hosts[0]?.hasEnded).toBe(true);
    await report;
  });

  test('watchdog: a row that runs on and on is no business of it', async () => {
    const engine = await startedEngine();
    const [first, second] = [engine.run(sliceOf(0, 1), signal), engine.run(sliceOf(1, 1), signal)];
    lanes.open(0, 1);
    lanes.begin(0, 0, 0);
    for (let passed = 0; passed < 10; passed++) await clock.advance(30_000);
    expect([await isSettled(first), await isSettled(second)]).toEqual([false, false]);
    expect(warnings).toEqual([]);
  });

  test('time-out: a row that waits is not given up for the row that has the thread', async () => {
    const engine = await startedEngine(1_000);
    const waits = engine.run(sliceOf(0, 1), signal);
    const hangs = engine.run(sliceOf(1, 1), signal);
    for (const lane of [0, 1]) {
      lanes.open(lane, 1);
      for (const counter of [0, lane + 1]) gauge.enter(counter);
      lanes.enter(lane);
    }
    lanes.begin(0, 0, 0);
    lanes.await(0);
    await clock.advance(600);
    lanes.begin(1, 0, 600);
    await clock.advance(999); // 1,599 ms after the start of the first
    expect(hosts[0]?.hasEnded).toBe(false);
    await clock.advance(1);
    expect(hosts[0]?.hasEnded).toBe(true);
    expect(await hangs).toMatchObject({ outcomes: [{ error: { code: 'attempt_timeout' } }] });
    expect(await waits).toMatchObject({ outcomes: [{ status: 'lost', blame: 'bystander' }] });
    expect([0, 1, 2].map((counter) => gauge.running(counter))).toEqual([0, 0, 0]);
  });

  test('time-out: a row that waits has no more time where another worker is busy', async () => {
    const engine = await startedEngine(1_000, { threads: 2 });
    await turns();
    hosts[1]?.answers[0]?.resolve({ kind: 'ready' });
    await turns();
    const [waits, hangs] = [engine.run(sliceOf(0, 1), signal), engine.run(sliceOf(1, 1), signal)];
    await turns();
    for (const lane of [0, 1]) lanes.open(lane, lane + 1);
    lanes.begin(0, 0, 0);
    lanes.await(0);
    await clock.advance(600);
    lanes.begin(1, 0, 600);
    await clock.advance(500); // the time and the grace of the one that waits
    expect(await waits).toMatchObject({ outcomes: [{ error: { code: 'attempt_timeout' } }] });
    expect(await isSettled(hangs)).toBe(false);
  });

  test('the outputs of a slice are unpacked by whoever asks for them, and by nobody else', async () => {
    const engine = await startedEngine();
    const running = engine.run(sliceOf(0, 2), signal);
    let reads = 0;
    const slice = {
      get outputs() {
        reads++;
        return '[1,2]';
      },
      others: [],
      times: new Float64Array(4),
    };
    hosts[0]?.answers.at(-1)?.resolve({ kind: 'slice', slice });
    const report = await running;
    expect(reads).toBe(0);
    expect(report.outcomes).toMatchObject([{ value: 1 }, { value: 2 }]);
  });

  test('a row that was handed over and comes back unfinished is there for the next attempt', async () => {
    const engine = await startedEngine();
    const run = async (unfinished?: MovedContent) => {
      const moved = new Moved(takeOver(move(new Uint8Array(8)))!);
      const running = engine.run({ ...sliceOf(0, 1), alone: true, moved }, signal);
      structuredClone(moved.content, { transfer: [...moved.content.buffers] }); // as it is sent
      hosts[0]?.answers.at(-1)?.resolve({ kind: 'slice', slice: UNTOUCHED, unfinished });
      await running;
      return moved;
    };
    const back = takeOver(move(new Uint8Array(4)))!;
    expect((await run(back)).content).toBe(back);
    expect((await run()).isHere).toBe(false);
  });

  test('loss before any row began: its rows are suspects; one that was alone did it', async () => {
    const engine = await startedEngine();
    for (const [rows, alone, blame] of [
      [2, false, 'suspect'],
      [1, false, 'suspect'],
      [1, true, 'culprit'],
    ] as const) {
      const report = engine.run({ ...sliceOf(0, rows), alone }, signal);
      await turns();
      lanes.open(0, 5); // it has taken the slice up
      hosts.at(-1)?.end(new Error('gone'));
      const { outcomes, times, disturbed } = await report;
      expect(outcomes).toMatchObject(range(rows).map(() => ({ status: 'lost', blame })));
      expect({ times: [...times], disturbed }).toEqual({
        times: range(2 * rows).map(() => 0),
        disturbed: true,
      });
      await turns();
    }
  });

  test('loss: rows that had ended keep their outcomes and times', async () => {
    const engine = await startedEngine();
    const lose = async (act: () => void) => {
      const report = engine.run(sliceOf(0, 4), signal);
      await turns();
      lanes.open(0, 1);
      hosts
        .at(-1)
        ?.kept.push(
          { startedAt: 1, finishedAt: 2, outcome: { status: 'success', value: 'a' } },
          { startedAt: 2, finishedAt: 5, outcome: { status: 'success', value: 'b' } },
          { startedAt: 5, finishedAt: 6, outcome: { status: 'success', value: 'c' } },
        );
      act();
      hosts.at(-1)?.end(new Error('gone'));
      const { outcomes, times } = await report;
      await turns();
      return { outcomes, times: [...times] };
    };
    await clock.advance(10);
    const [a, b, c] = [{ value: 'a' }, { value: 'b' }, { value: 'c' }];
    const duringRow = await lose(() => lanes.begin(0, 2, 4.5)); // by its lane, which is less exact
    expect(duringRow).toMatchObject({ outcomes: [a, b, { status: 'lost' }], times: [1, 2, 2, 5, 5, 10] });
    const betweenRows = await lose(() => {
      lanes.begin(0, 2, 5);
      lanes.end(0);
    });
    expect(betweenRows).toMatchObject({ outcomes: [a, b, c], times: [1, 2, 2, 5, 5, 6] });
  });

  test('loss before any row began: a slice that counted in the gauge counts no more', async () => {
    const engine = await startedEngine();
    const report = engine.run(sliceOf(0, 1), signal);
    lanes.open(0, 1);
    for (const counter of [0, 1]) gauge.enter(counter);
    lanes.enter(0);
    hosts[0]?.end(new Error('gone'));
    await report;
    expect([0, 1].map((counter) => gauge.running(counter))).toEqual([0, 0]);
  });

  test('loss before any row began: says nothing of its rows where another slice was there, or its worker was ended', async () => {
    const engine = await startedEngine();
    const [untouched, begun] = [engine.run(sliceOf(0, 1), signal), engine.run(sliceOf(1, 1), signal)];
    lanes.open(0, 1);
    lanes.open(1, 1);
    lanes.begin(1, 0, 0);
    hosts[0]?.end(new Error('gone'));
    expect(await begun).toMatchObject({ outcomes: [{ status: 'lost' }] });
    expect(await untouched).toMatchObject({ outcomes: [] });
    await turns();

    const last = engine.run(sliceOf(0, 1), signal);
    await turns();
    lanes.open(0, 2);
    await engine.destroy();
    expect(await last).toMatchObject({ outcomes: [] });
  });

  test('loss of a worker out of memory: says nothing of the rows that waited behind its slice', async () => {
    const engine = await startedEngine(undefined, { takesBehind: true });
    const before = engine.run(sliceOf(0, 1), signal);
    const behind = engine.run({ ...sliceOf(1, 1), behind: 0 }, signal);
    lanes.open(0, 1);
    lanes.begin(0, 0, 0);
    hosts[0]?.end(Object.assign(new Error('no memory'), { code: 'ERR_WORKER_OUT_OF_MEMORY' }));
    expect(await before).toMatchObject({ outcomes: [{ status: 'lost' }] });
    expect(await behind).toMatchObject({ outcomes: [] });
  });

  test('a worker that had ended when its slice was sent says nothing of the rows, unless they were too much for it', async () => {
    const engine = await startedEngine();
    for (const [end, outcomes] of [
      [new Error('worker exited with code: 1'), []],
      [new Error('worker process was ended by SIGKILL'), []],
      [Object.assign(new Error('no memory'), { code: 'ERR_WORKER_OUT_OF_MEMORY' }), [{ blame: 'suspect' }]],
      [new Error('worker process was ended by SIGABRT (out of memory)'), [{ blame: 'suspect' }]],
    ] as const) {
      const report = engine.run(sliceOf(0, 1), signal);
      await turns();
      hosts.at(-1)?.end(end);
      expect((await report).outcomes).toMatchObject(outcomes);
      await turns();
    }
  });
});
