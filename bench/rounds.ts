import { ContenderProcess } from './contender-process.ts';
import type { Contender } from './contenders/contender.ts';
import type { Workload } from './rows.ts';
import type { Settings } from './settings.ts';
import { rotated } from './turns.ts';

/** A contender and how many rows per second it did in each round. */
export interface Measured {
  readonly contender: Contender;
  /** The rows of one run: as many as fill `runMs`, so that slow contenders don't make the bench long. */
  readonly rows: number;
  readonly rowsPerSecond: readonly number[];
  /** CPU time of all threads of the process, in µs per row, in each round: what others on the machine hardly change. */
  readonly cpuPerRow: readonly number[];
}

const FIRST_WARM_UP_ROWS = 64;
const WARM_UP_GROWTH = 4;

/** Starts contenders, each in its process, hands them to `use`, and ends them whatever happens. */
export async function withContenders<Result>(
  contenders: readonly Contender[],
  threads: number,
  use: (entrants: readonly ContenderProcess[]) => Promise<Result>,
): Promise<Result> {
  const entrants: ContenderProcess[] = [];
  try {
    for (const contender of contenders) entrants.push(await ContenderProcess.start(contender, threads));
    return await use(entrants);
  } finally {
    await Promise.all(entrants.map((entrant) => entrant.close()));
  }
}

/** Runs all contenders in turn, `rounds` times, each round beginning with another one. */
export async function measureRounds(
  entrants: readonly ContenderProcess[],
  workload: Workload,
  settings: Settings,
): Promise<Measured[]> {
  const works = Int32Array.from(workload.rows, ({ work }) => work);
  const plans = [];
  for (const entrant of entrants) {
    await entrant.prepare(works, workload.digests);
    const rows = await warmUp(entrant, works.length, settings);
    plans.push({ entrant, rows, rowsPerSecond: [] as number[], cpuPerRow: [] as number[] });
  }
  for (let round = 0; round < settings.rounds; round++) {
    for (const { entrant, rows, rowsPerSecond, cpuPerRow } of rotated(plans, round)) {
      const { elapsedMs, cpuMicros } = await entrant.run(rows);
      rowsPerSecond.push((rows / elapsedMs) * 1000);
      cpuPerRow.push(cpuMicros / rows);
    }
  }
  return plans.map(({ entrant, ...measured }) => ({ contender: entrant.contender, ...measured }));
}

/** Runs until its process is warm and a run is about as long as the measured ones; returns the rows of a measured run. */
async function warmUp(
  entrant: ContenderProcess,
  most: number,
  { warmUpMs, runMs }: Settings,
): Promise<number> {
  let rows = Math.min(most, FIRST_WARM_UP_ROWS);
  await entrant.run(rows); // threads may start with the first row
  for (;;) {
    const { elapsedMs } = await entrant.run(rows);
    const filling = Math.min(most, Math.ceil((rows / elapsedMs) * runMs));
    const isLong = rows * 2 >= filling;
    rows = Math.min(filling, rows * WARM_UP_GROWTH);
    if (isLong && entrant.ranMs >= warmUpMs) return rows;
  }
}
