import { PooledExecutor } from '../built-package.ts';
import { valueOf } from '../contenders/pooled-executor.ts';
import { count, ratio, withRange } from '../format.ts';
import type { Bench, Group, Table } from '../group.ts';
import { Digest, makeWorkload, type BenchRow, type Workload } from '../rows.ts';
import { ratiosPerRound, summarise } from '../summary.ts';

const ROWS = { full: 20, quick: 4 };
const ROW_MS = 100;

/** The same rows through one permit and through several. */
interface Scenario {
  readonly name: string;
  readonly transform: URL;
  readonly workPerRow: (bench: Bench) => number;
  readonly poolSize: number;
  readonly threads: number;
}

interface Outcome {
  readonly scenario: Scenario;
  readonly singleMs: readonly number[];
  readonly pooledMs: readonly number[];
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'CPU',
    transform: new URL('../workers/transform.ts', import.meta.url),
    workPerRow: ({ bytesPerMicrosecond }) => Math.round(ROW_MS * 1000 * bytesPerMicrosecond),
    poolSize: 2,
    threads: 2,
  },
  {
    name: 'waiting',
    transform: new URL('../workers/wait.ts', import.meta.url),
    workPerRow: () => 0,
    poolSize: 10,
    threads: 2,
  },
];

export const parallel: Group = {
  name: 'parallel',
  title: 'Parallel: long rows, one at a time against several',
  about:
    `Rows of ${ROW_MS} ms each, with poolSize 1 and with more. CPU rows can't gain more than the cores of the ` +
    'machine; rows that wait for a service share threads. Both executors are in one process.',
  rounds: { full: 3, quick: 2 }, // they differ by little
  run: async (bench) => {
    const outcomes: Outcome[] = [];
    for (const scenario of SCENARIOS) outcomes.push(await measure(scenario, bench));
    return {
      goals: [],
      tables: [tableOf(outcomes, rowCount(bench))],
      figures: {
        scenarios: outcomes.map(({ scenario: { name, poolSize, threads }, singleMs, pooledMs }) => ({
          name,
          rows: rowCount(bench),
          rowMs: ROW_MS,
          poolSize,
          threads,
          singleMs,
          pooledMs,
          speedUp: summarise(ratiosPerRound(singleMs, pooledMs)),
        })),
      },
    };
  },
};

async function measure(scenario: Scenario, bench: Bench): Promise<Outcome> {
  const { transform, poolSize, threads } = scenario;
  const workload = makeWorkload(rowCount(bench), scenario.workPerRow(bench));
  await using single = new PooledExecutor<BenchRow, BenchRow>({ transform, poolSize: 1, workerData: ROW_MS });
  await using pooled = new PooledExecutor<BenchRow, BenchRow>({
    transform,
    poolSize,
    threads,
    workerData: ROW_MS,
  });
  const warmUp = { rows: workload.rows.slice(0, poolSize), digests: workload.digests };
  await timeMap(single, { ...warmUp, rows: warmUp.rows.slice(0, 1) });
  await timeMap(pooled, warmUp);

  const outcome = { scenario, singleMs: [] as number[], pooledMs: [] as number[] };
  const runs = [
    async () => outcome.singleMs.push(await timeMap(single, workload)),
    async () => outcome.pooledMs.push(await timeMap(pooled, workload)),
  ];
  for (let round = 0; round < bench.settings.rounds; round++) {
    bench.say(`${scenario.name}, round ${round + 1} of ${bench.settings.rounds}`);
    for (const run of round % 2 === 0 ? runs : runs.toReversed()) await run();
  }
  return outcome;
}

async function timeMap(
  executor: InstanceType<typeof PooledExecutor<BenchRow, BenchRow>>,
  { rows, digests }: Workload,
): Promise<number> {
  const digest = new Digest();
  const startedAt = performance.now();
  for (const result of await executor.map(rows)) digest.add(valueOf(result));
  const elapsedMs = performance.now() - startedAt;
  if (digest.value === digests[rows.length]) return elapsedMs;
  throw new Error('Cannot measure as outputs are wrong, incomplete or out of order');
}

function rowCount({ settings }: Bench): number {
  return settings.quick ? ROWS.quick : ROWS.full;
}

function tableOf(outcomes: readonly Outcome[], rows: number): Table {
  return {
    caption: `${rows} rows of ${ROW_MS} ms`,
    columns: ['', 'poolSize 1, ms', 'poolSize n, ms', 'n', 'speed-up'],
    lines: outcomes.map(({ scenario, singleMs, pooledMs }) => [
      scenario.name,
      withRange(summarise(singleMs), count),
      withRange(summarise(pooledMs), count),
      String(scenario.poolSize),
      withRange(summarise(ratiosPerRound(singleMs, pooledMs)), ratio),
    ]),
  };
}
