import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createDisplay, type DisplayKind } from '../../src/cli/display.ts';
import type { RunStatus } from '../../src/cli/run-status.ts';

const STATUS: RunStatus = {
  rows: 5,
  failed: 1,
  rowsPerSecond: 12.6,
  inFlight: 2,
  inBackoff: 0,
  currentDelayMs: 0,
  rowsToFinish: undefined,
  done: 0.12345,
  etaMs: 1_234.5,
};
/** Back to the begin of the line, and the rest of it gone. */
const CLEARED = '\u001b[1G\u001b[0K';

function makeDisplay(kind: DisplayKind, columns = 200) {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { columns });
  const display = createDisplay(kind, stream as unknown as NodeJS.WriteStream);
  return { display, text: () => stream.read() as string | null };
}

describe('createDisplay', () => {
  test('tty: each line is drawn over the last one, and what is said stands in its place', () => {
    const { display, text } = makeDisplay('tty');
    display.draw(STATUS);
    expect(text()).toBe(`${CLEARED}5 rows (12%) · ETA 1.23 s · 13 rows/s · 1 error · 2 in flight`);
    display.say('note', 'late');
    expect(text()).toBe(`${CLEARED}pooled-executor: late\n`);
    display.close(undefined);
    expect(text()).toBe(CLEARED);
  });

  test('tty: a line is shorter than the terminal is wide, as the cursor never moves up', () => {
    const { display, text } = makeDisplay('tty', 10);
    display.draw(STATUS);
    expect(text()).toBe(`${CLEARED}5 rows (1`);
  });

  test('json: figures are rounded, and what is not known is left out', () => {
    const { display, text } = makeDisplay('json');
    display.draw(STATUS);
    const { rowsPerSecond, done, etaMs } = JSON.parse(text() ?? '') as RunStatus;
    expect({ rowsPerSecond, done, etaMs }).toEqual({ rowsPerSecond: 13, done: 0.123, etaMs: 1_235 });
    display.draw({ ...STATUS, done: undefined, etaMs: undefined });
    const { rowsToFinish: _rowsToFinish, done: _done, etaMs: _etaMs, ...known } = STATUS;
    expect(JSON.parse(text() ?? '')).toEqual({ type: 'progress', ...known, rowsPerSecond: 13 });
    display.say('error', 'gone');
    expect(text()).toBe('{"type":"error","message":"gone"}\n');
  });

  test('none: only what is said stays', () => {
    const { display, text } = makeDisplay('none');
    display.draw(STATUS);
    display.say('note', 'late');
    expect(text()).toBe('pooled-executor: late\n');
  });
});
