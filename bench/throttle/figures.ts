import type { Attempt } from './service.ts';
import type { Run } from './scenario.ts';

const SHARE_DONE = 0.95;
/** The first quarter of a run is its start. */
const START_SHARE = 0.25;

/** When 95 % of `rows` rows were done; Infinity when they never were. */
export function instantOfShare(ends: readonly number[], rows: number): number {
  return ends.toSorted((a, b) => a - b)[Math.ceil(SHARE_DONE * rows) - 1] ?? Infinity;
}

export function goodput({ idealAt, doneAt }: Run): number {
  return idealAt / doneAt;
}

export function refusedShare(attempts: readonly Attempt[]): number {
  return attempts.filter(({ accepted }) => !accepted).length / Math.max(1, attempts.length);
}

/** The refused share once the start of the run is over. */
export function steadyRefusedShare({ attempts, doneAt }: Run): number {
  return refusedShare(attempts.filter(({ sentAt }) => sentAt >= START_SHARE * doneAt));
}

export function mostAttemptsPerRow({ attempts, scenario }: Run): number {
  const counts = new Uint32Array(scenario.rows);
  for (const { row } of attempts) counts[row] = (counts[row] ?? 0) + 1;
  return counts.reduce((most, count) => Math.max(most, count), 0);
}

/** The time from its first attempt to its result, in ms, that 99 % of the rows do not exceed. */
export function p99RowMs({ attempts, scenario }: Run): number {
  const first = new Float64Array(scenario.rows).fill(Infinity);
  const last = new Float64Array(scenario.rows);
  for (const { row, sentAt, endedAt } of attempts) {
    first[row] = Math.min(first[row] as number, sentAt);
    last[row] = Math.max(last[row] as number, endedAt);
  }
  const times = last.map((end, row) => end - (first[row] as number)).sort();
  return times[Math.ceil(0.99 * times.length) - 1] ?? 0;
}

/** Attempts that reached the service from one instant to another. */
export function arrivalsWithin({ attempts }: Run, from: number, until: number): number {
  return attempts.filter(({ arrivedAt }) => arrivedAt >= from && arrivedAt < until).length;
}

/** When the first row was accepted after `from`; Infinity when none was. */
export function firstSuccessAfter({ attempts }: Run, from: number): number {
  return attempts.reduce(
    (first, { accepted, arrivedAt, endedAt }) =>
      accepted && arrivedAt >= from ? Math.min(first, endedAt) : first,
    Infinity,
  );
}

/** The most attempts of rows that had been refused before, sent within any `spanMs`. */
export function mostRetriesWithin({ attempts }: Run, spanMs: number): number {
  const seen = new Set<number>();
  const retries: number[] = [];
  for (const { row, sentAt } of attempts.toSorted((a, b) => a.sentAt - b.sentAt)) {
    if (seen.has(row)) retries.push(sentAt);
    seen.add(row);
  }
  let most = 0;
  for (let begin = 0, end = 0; end < retries.length; end++) {
    while ((retries[end] as number) - (retries[begin] as number) >= spanMs) begin++;
    most = Math.max(most, end - begin + 1);
  }
  return most;
}

/** Time from `from` until for the first time `condition` holds for the rates, per second, of a span of 2 s; Infinity for never. */
export function timeUntilRate(
  { attempts, doneAt }: Run,
  from: number,
  condition: (rates: { readonly sent: number; readonly accepted: number }) => boolean,
): number {
  for (let begin = from; begin < doneAt; begin += RATE_STEP_MS) {
    const end = begin + RATE_SPAN_MS;
    let [sent, accepted] = [0, 0];
    for (const attempt of attempts) {
      if (attempt.arrivedAt < begin || attempt.arrivedAt >= end) continue;
      sent++;
      if (attempt.accepted) accepted++;
    }
    const perSecond = 1_000 / RATE_SPAN_MS;
    if (condition({ sent: sent * perSecond, accepted: accepted * perSecond })) return begin - from;
  }
  return Infinity;
}

const RATE_SPAN_MS = 2_000;
const RATE_STEP_MS = 100;
