import { AimdThrottle } from '../../src/core/throttle/aimd-throttle.ts';
import type { Contender } from './contender.ts';
import { runScenario } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';

/** A value over time; instants in seconds. */
export type Series = readonly (readonly [at: number, value: number])[];

/** What happened in one run. */
export interface Timeline {
  /** The throttle's delay in ms; empty without one. */
  readonly delayMs: Series;
  /** The window; empty for throttles that have none. */
  readonly window: Series;
  /** Accepted rows per second. */
  readonly accepted: Series;
}

const SAMPLE_MS = 250;
const BIN_MS = 1_000;

/** Runs a scenario and looks on. */
export async function recordTimeline(
  scenario: Scenario,
  contender: Contender,
  seed: number,
): Promise<Timeline> {
  const delayMs: [number, number][] = [];
  const window: [number, number][] = [];
  let stop: (() => void) | undefined;
  const run = await runScenario(scenario, contender, seed, (throttle, clock) => {
    const sample = () => {
      delayMs.push([clock.now() / 1_000, throttle.currentDelayMs]);
      if (throttle instanceof AimdThrottle) window.push([clock.now() / 1_000, throttle.windowSize]);
      stop = clock.setTimer(sample, SAMPLE_MS);
    };
    sample();
  });
  stop?.();
  const bins: number[] = [];
  for (const { accepted, endedAt } of run.attempts) {
    const bin = Math.floor(endedAt / BIN_MS);
    if (accepted) bins[bin] = (bins[bin] ?? 0) + 1;
  }
  const accepted = Array.from(
    { length: bins.length },
    (_, bin) => [(bin * BIN_MS) / 1_000, bins[bin] ?? 0] as const,
  );
  return { delayMs, window, accepted };
}
