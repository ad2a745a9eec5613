import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Contender, OpenContender } from './contenders/contender.ts';
import { Digest, type Workload } from './rows.ts';
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

interface Run {
  /** From the call to the last output read. */
  readonly elapsedMs: number;
  readonly cpuMicros: number;
}

/** A contender with its threads. */
export interface Entrant {
  readonly contender: Contender;
  readonly open: OpenContender;
}

const FIRST_WARM_UP_ROWS = 64;
const WARM_UP_GROWTH = 4;

setFlagsFromString('--expose-gc');
/** Now, as far as it goes. */
export const collectGarbage = runInNewContext('gc') as (options: {
  readonly type: 'minor' | 'major';
}) => void;

/** Starts contenders, hands them to `use`, and ends their threads whatever happens. */
export async function withContenders<Result>(
  contenders: readonly Contender[],
  threads: number,
  use: (entrants: readonly Entrant[]) => Promise<Result>,
): Promise<Result> {
  const entrants: Entrant[] = [];
  try {
    for (const contender of contenders) entrants.push({ contender, open: await contender.open(threads) });
    return await use(entrants);
  } finally {
    await Promise.all(entrants.map(({ open }) => open.close()));
  }
}

/** Runs all contenders in turn, `rounds` times, each round beginning with another one. */
export async function measureRounds(
  entrants: readonly Entrant[],
  workload: Workload,
  settings: Settings,
): Promise<Measured[]> {
  const plans: { entrant: Entrant; rows: number; runs: Run[] }[] = [];
  for (const entrant of entrants) {
    plans.push({ entrant, rows: await warmUp(entrant, workload, settings), runs: [] });
  }
  for (let round = 0; round < settings.rounds; round++) {
    collectGarbage({ type: 'major' });
    for (const { entrant, rows, runs } of rotated(plans, round)) {
      runs.push(await timeRun(entrant, workload, rows));
    }
  }
  return plans.map(({ entrant, rows, runs }) => ({
    contender: entrant.contender,
    rows,
    rowsPerSecond: runs.map(({ elapsedMs }) => (rows / elapsedMs) * 1000),
    cpuPerRow: runs.map(({ cpuMicros }) => cpuMicros / rows),
  }));
}

/** Runs until the time is spent and a run is about as long as the measured ones; returns the rows of a measured run. */
async function warmUp(entrant: Entrant, workload: Workload, { warmUpMs, runMs }: Settings): Promise<number> {
  const most = workload.rows.length;
  let rows = Math.min(most, FIRST_WARM_UP_ROWS);
  await timeRun(entrant, workload, rows); // threads may start with the first row
  for (let spentMs = 0; ;) {
    const { elapsedMs } = await timeRun(entrant, workload, rows);
    spentMs += elapsedMs;
    const filling = Math.min(most, Math.ceil((rows / elapsedMs) * runMs));
    const isLong = rows * 2 >= filling;
    rows = Math.min(filling, rows * WARM_UP_GROWTH);
    if (isLong && spentMs >= warmUpMs) return rows;
  }
}

/** Runs the first `rows` rows and checks what comes out. */
async function timeRun({ contender, open }: Entrant, workload: Workload, rows: number): Promise<Run> {
  const input = workload.rows.slice(0, rows);
  const digest = new Digest();
  // nobody pays for the young garbage of the one before; a major collection here would shrink the heap for each run
  collectGarbage({ type: 'minor' });
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await open.run(input, (output) => {
    digest.add(output);
  });
  const elapsedMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  if (digest.value === workload.digests[rows]) return { elapsedMs, cpuMicros: user + system };
  throw new Error(`Cannot measure ${contender.name} as its outputs are wrong, incomplete or out of order`);
}
