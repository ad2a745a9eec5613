import { describe, expect, test } from 'vitest';
import { describeStatus } from '../../src/cli/display.ts';
import { StatusMeter } from '../../src/cli/run-status.ts';

function makeMeter({ sizeBytes }: { sizeBytes: number | undefined } = { sizeBytes: 1_000 }) {
  const now = {
    emitted: 0,
    failed: 0,
    rowsRead: 0,
    bytesRead: 0,
    currentDelayMs: 0,
    rowsToFinish: undefined as number | undefined,
  };
  const meter = new StatusMeter(
    {
      emitter: now,
      source: now,
      input: { sizeBytes, bytesRead: () => now.bytesRead },
      currentDelayMs: () => now.currentDelayMs,
      rowsToFinish: () => now.rowsToFinish,
    },
    0,
  );
  return { now, meter };
}

describe('StatusMeter', () => {
  test('nothing is known before anything has happened', () => {
    expect(makeMeter().meter.status(0)).toEqual({
      rows: 0,
      failed: 0,
      rowsPerSecond: 0,
      inFlight: 0,
      inBackoff: 0,
      currentDelayMs: 0,
      rowsToFinish: undefined,
      done: undefined,
      etaMs: undefined,
    });
  });

  test('what is left is judged by the rows in the bytes that were read', () => {
    const { now, meter } = makeMeter();
    Object.assign(now, { emitted: 20, rowsRead: 50, bytesRead: 500, currentDelayMs: 100, failed: 3 });
    expect(meter.status(2_000)).toMatchObject({
      rowsPerSecond: 10,
      done: 0.2,
      etaMs: 8_000,
      currentDelayMs: 100,
      failed: 3,
    });
  });

  test('when no more rows are taken in, those that were are what takes time', () => {
    const { now, meter } = makeMeter();
    Object.assign(now, { emitted: 20, rowsRead: 50, bytesRead: 500, rowsToFinish: 10 });
    expect(meter.status(2_000)).toMatchObject({ rowsToFinish: 10, done: 0.2, etaMs: 1_000 });
  });

  test('all is done when all rows that were read are', () => {
    const { now, meter } = makeMeter();
    Object.assign(now, { emitted: 50, rowsRead: 50, bytesRead: 1_000 });
    expect(meter.status(1_000)).toMatchObject({ done: 1, etaMs: 0 });
  });

  test('the rate is that of the last seconds, also when nothing moves', () => {
    const { now, meter } = makeMeter();
    now.emitted = 1_000;
    expect(meter.status(1_000).rowsPerSecond).toBe(1_000);
    for (let at = 2_000; at <= 8_000; at += 1_000) meter.status(at);
    expect(meter.status(9_000).rowsPerSecond).toBe(0);
  });

  test('a pipe has no end that is known', () => {
    const { now, meter } = makeMeter({ sizeBytes: undefined });
    Object.assign(now, { emitted: 1, rowsRead: 2, bytesRead: 10 });
    expect(meter.status(1_000)).toMatchObject({ done: undefined, etaMs: undefined });
  });
});

describe('describeStatus', () => {
  const status = {
    rows: 12_345,
    failed: 6,
    inFlight: 2,
    inBackoff: 0,
    currentDelayMs: 0,
    rowsPerSecond: 1_000.4,
    rowsToFinish: undefined,
    done: 0.419,
    etaMs: 61_000,
  };
  const throttled = { ...status, inBackoff: 3, currentDelayMs: 50 };

  test('what is not known, and a throttle at rest, are not mentioned', () => {
    expect(describeStatus({ ...status, done: undefined, etaMs: undefined })).toBe(
      '12,345 rows · 1,000 rows/s · 6 errors · 2 in flight',
    );
    expect(describeStatus({ ...throttled, rowsToFinish: 1_100 })).toBe(
      '12,345 rows (41%) · 1,100 to finish · ETA 1:01 min · 1,000 rows/s · 6 errors · 3 in backoff · delay 50 ms · 2 in flight',
    );
  });

  test.each([
    [79, '12,345 rows (41%) · ETA 1:01 min · 1,000 rows/s · 6 errors · 3 in backoff'],
    [32, '12,345 rows (41%) · ETA 1:01 min'],
    [31, '12,345 rows (41%)'],
    [10, '12,345 row'],
  ])('in %d columns it says what matters most', (width, line) => {
    expect(describeStatus(throttled, width)).toBe(line);
  });
});
