const SPAN_MS = 5_000;
const SPACING_MS = 100;

interface Sample {
  readonly at: number;
  readonly total: number;
}

/** Rows per second over the last {@link SPAN_MS}, from a running total. */
export class RateWindow {
  readonly #samples: Sample[] = [];

  constructor(startedAt: number) {
    this.#samples.push({ at: startedAt, total: 0 });
  }

  /** Takes in the running total at `now` and gives the rate; 0 until time has passed. */
  rate(now: number, total: number): number {
    const samples = this.#samples;
    const last = samples.at(-1);
    if (last !== undefined && now - last.at >= SPACING_MS) samples.push({ at: now, total });
    while (samples.length > 1 && now - (samples[1] as Sample).at >= SPAN_MS) samples.shift();
    const first = samples[0];
    return first === undefined || now <= first.at ? 0 : ((total - first.total) * 1000) / (now - first.at);
  }
}
