import type { Progress } from '../index.ts';

/** How a run is getting on. */
export interface RunStatus {
  /** Rows written or rejected. */
  readonly rows: number;
  readonly failed: number;
  /** Over the last {@link SPAN_MS}. */
  readonly rowsPerSecond: number;
  readonly inFlight: number;
  readonly inBackoff: number;
  /** The throttle's delay in force. */
  readonly currentDelayMs: number;
  /** Rows taken in and not yet written, once no more are taken in as the run was interrupted; undefined before. */
  readonly rowsToFinish: number | undefined;
  /** Share of the input that is done; undefined when its size is not known. */
  readonly done: number | undefined;
  /** Time left at the present rate; undefined when that can't be told. */
  readonly etaMs: number | undefined;
}

/** What a status is made from. */
export interface StatusSources {
  readonly emitter: { readonly emitted: number; readonly failed: number };
  readonly source: { readonly rowsRead: number };
  readonly input: { readonly sizeBytes: number | undefined; bytesRead(): number };
  readonly currentDelayMs: () => number;
  readonly rowsToFinish: () => number | undefined;
}

const SPAN_MS = 5_000;

interface Sample {
  readonly at: number;
  readonly rows: number;
}

/** Puts together how the run is getting on at the moments when somebody looks. */
export class StatusMeter {
  readonly #sources: StatusSources;
  readonly #samples: Sample[];
  #progress: Pick<Progress, 'inFlight' | 'inBackoff'> = { inFlight: 0, inBackoff: 0 };

  constructor(sources: StatusSources, now: number) {
    this.#sources = sources;
    this.#samples = [{ at: now, rows: 0 }];
  }

  /** Called by the executor, after each slice. */
  update(progress: Progress): void {
    this.#progress = progress;
  }

  /** @param now ms on any monotonic clock */
  status(now: number): RunStatus {
    const { emitter, currentDelayMs } = this.#sources;
    const { inFlight, inBackoff } = this.#progress;
    const rowsPerSecond = this.#rate(now, emitter.emitted);
    const ofInput = this.#rowsLeft(emitter.emitted);
    const rowsToFinish = this.#sources.rowsToFinish();
    const left = rowsToFinish ?? ofInput;
    return {
      rows: emitter.emitted,
      failed: emitter.failed,
      rowsPerSecond,
      inFlight,
      inBackoff,
      currentDelayMs: currentDelayMs(),
      rowsToFinish,
      done: ofInput === undefined ? undefined : emitter.emitted / (emitter.emitted + ofInput),
      etaMs: left === undefined || rowsPerSecond === 0 ? undefined : (left / rowsPerSecond) * 1000,
    };
  }

  /** Judged by the rows in the bytes that were read. */
  #rowsLeft(emitted: number): number | undefined {
    const { input, source } = this.#sources;
    const bytesRead = input.bytesRead();
    if (input.sizeBytes === undefined || bytesRead === 0 || source.rowsRead === 0) return undefined;
    return Math.max(0, source.rowsRead * Math.max(1, input.sizeBytes / bytesRead) - emitted);
  }

  #rate(now: number, rows: number): number {
    this.#samples.push({ at: now, rows });
    while (this.#samples.length > 2 && now - (this.#samples[1] as Sample).at >= SPAN_MS)
      this.#samples.shift();
    const first = this.#samples[0];
    return first === undefined || now <= first.at ? 0 : ((rows - first.rows) * 1000) / (now - first.at);
  }
}
