import { clearLine, cursorTo } from 'node:readline';
import { formatCount, formatCountOf, formatDuration } from './numbers.ts';
import type { RunStatus } from './run-status.ts';
import { describeSummary, type RunSummary } from './run-summary.ts';

/** How a run talks to the user, on stderr. */
export interface Display {
  /** How often {@link draw} should be called; undefined: never. */
  readonly intervalMs: number | undefined;
  /** Shows how far the run is. */
  draw(status: RunStatus): void;
  /** Says something that stays. */
  say(kind: 'note' | 'error', message: string): void;
  /** The last word; without a summary, none. */
  close(summary: RunSummary | undefined): void;
}

/** Draws at once, and over and over until what is returned is called. */
export function startDrawing(display: Display, status: () => RunStatus): () => void {
  const draw = () => {
    display.draw(status());
  };
  draw();
  const timer = display.intervalMs === undefined ? undefined : setInterval(draw, display.intervalMs);
  return () => {
    clearInterval(timer);
  };
}

export type DisplayKind = 'tty' | 'json' | 'none';

const SEPARATOR = ' · ';

export function createDisplay(kind: DisplayKind, stream: NodeJS.WriteStream): Display {
  if (kind === 'json') return jsonDisplay(stream);
  return kind === 'tty' ? terminalDisplay(stream) : quietDisplay(stream);
}

/** Only what stays is shown. */
function quietDisplay(stream: NodeJS.WritableStream): Display {
  return {
    intervalMs: undefined,
    draw: () => undefined,
    say: (_kind, message) => stream.write(`pooled-executor: ${message}\n`),
    close: (summary) => {
      if (summary !== undefined) stream.write(`${describeSummary(summary)}\n`);
    },
  };
}

/**
 * One line that is drawn over and over. The cursor never moves up: what stands above may be the output of the next
 * program in the pipe, or what the transform logs.
 */
function terminalDisplay(stream: NodeJS.WriteStream): Display {
  const quiet = quietDisplay(stream);
  const clear = () => {
    cursorTo(stream, 0);
    clearLine(stream, 1);
  };
  return {
    intervalMs: 100,
    draw: (status) => {
      clear();
      stream.write(describeStatus(status, (stream.columns || 80) - 1));
    },
    say: (kind, message) => {
      clear();
      quiet.say(kind, message);
    },
    close: (summary) => {
      clear();
      quiet.close(summary);
    },
  };
}

/** One JSON object per line, each with its `type`; the summary is the last. */
function jsonDisplay(stream: NodeJS.WritableStream): Display {
  const write = (type: string, content: object) => {
    stream.write(`${JSON.stringify({ type, ...content })}\n`);
  };
  return {
    intervalMs: 1_000,
    draw: (status) => {
      write('progress', roundAll(status));
    },
    say: (kind, message) => {
      write(kind, { message });
    },
    close: (summary) => {
      if (summary !== undefined) write('summary', summary);
    },
  };
}

/** The progress as one line: what makes it longer than `width` is left out, from the end on. */
export function describeStatus(status: RunStatus, width = Infinity): string {
  const { rows, rowsPerSecond, inFlight, inBackoff, failed, currentDelayMs, rowsToFinish, done, etaMs } =
    status;
  const parts = [
    `${formatCountOf(rows, 'row')}${done === undefined ? '' : ` (${Math.floor(done * 100)}%)`}`,
    ...(rowsToFinish === undefined ? [] : [`${formatCount(rowsToFinish)} to finish`]),
    ...(etaMs === undefined ? [] : [`ETA ${formatDuration(etaMs)}`]),
    `${formatCount(rowsPerSecond)} rows/s`,
    formatCountOf(failed, 'error'),
    ...(inBackoff === 0 ? [] : [`${formatCount(inBackoff)} in backoff`]),
    ...(currentDelayMs === 0 ? [] : [`delay ${formatCount(currentDelayMs)} ms`]),
    `${formatCount(inFlight)} in flight`,
  ];
  while (parts.length > 1 && parts.join(SEPARATOR).length > width) parts.pop();
  return parts.join(SEPARATOR).slice(0, width);
}

function roundAll({ rowsPerSecond, done, etaMs, ...rest }: RunStatus): object {
  return {
    ...rest,
    rowsPerSecond: Math.round(rowsPerSecond),
    done: done === undefined ? undefined : Math.round(done * 1000) / 1000,
    etaMs: etaMs === undefined ? undefined : Math.round(etaMs),
  };
}
