import { fileURLToPath } from 'node:url';
import { move as moveByPiscina, Piscina } from 'piscina';
import { move, PooledExecutor } from '../built-package.ts';
import { valueOf } from '../contenders/pooled-executor.ts';
import { ratio, withRange } from '../format.ts';
import { atLeast, atMost } from '../goals.ts';
import type { Group } from '../group.ts';
import { ratiosPerRound, summarise } from '../summary.ts';
import { takeTurns } from '../turns.ts';
import transform from '../workers/bytes-transform.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const ROW_BYTES = 2 ** 20;
const ROWS = { full: 256, quick: 32 };
/** Until all of them run as fast as they will. */
const WARM_UP_ROUNDS = 8;
const DIRECTIONS = 2;
const TRANSFORM = new URL('../workers/bytes-transform.ts', import.meta.url);

/** Of one run, per row. */
interface Cost {
  readonly elapsedMs: number;
  /** CPU time of all threads. */
  readonly cpuMs: number;
}

export const large: Group = {
  name: 'large',
  title: 'Large: rows of a megabyte',
  about:
    'A Uint8Array of 1 MB in and the same out, one byte changed. piscina gets the rows with move() and gives them back so: ' +
    'nothing is copied, and the caller has lost the row. The executor leaves the row to the caller, so it must copy it once. ' +
    'Copies are estimated from the CPU time beyond that of piscina, in units of one structuredClone of such a row, ' +
    'and halved for the two directions.',
  obstacles:
    'A moved row costs no copy, but its caller has lost it, and it can not be run again. Here the caller keeps the row (a copy), ' +
    'a second attempt must find it as it was, so each attempt gets a copy of its own, and the transform may keep and change what it ' +
    'returns (a copy on the way out): three copies, each into memory that the system must first provide and clear ' +
    '(31% of all CPU time in a profile by `perf`), so that the estimate comes out at more than 1.5 copies per direction. ' +
    'Tried: shared memory for the first copy instead of a clone (kept: it is copied once for all attempts), buffers of ' +
    'outputs handed over instead of copied to the main thread (kept).',
  run: async ({ settings, say }) => {
    const { threads, quick, rounds } = settings;
    const count = quick ? ROWS.quick : ROWS.full;
    const shared = { transform: TRANSFORM, poolSize: threads };
    await using executor = new PooledExecutor<Bytes, Bytes>({ ...shared, exportName: 'transformAndMove' });
    await using copier = new PooledExecutor<Bytes, Bytes>(shared);
    await using pool = openPiscina(threads);
    const runOurs = async (rows: readonly Bytes[]) =>
      (await executor.map(rows.map((row) => move(row)))).map(valueOf);
    const runCopying = async (rows: readonly Bytes[]) => (await copier.map(rows)).map(valueOf);
    const runPiscina = (rows: readonly Bytes[]) =>
      Promise.all(rows.map((row) => pool.run(moveByPiscina(row) as unknown as Bytes)));
    const runCopies = async (rows: readonly Bytes[]) => rows.map((row) => transform(structuredClone(row)));

    say(`${count} rows`);
    const runs = {
      ours: () => costPerRow(count, runOurs),
      copying: () => costPerRow(count, runCopying),
      piscina: () => costPerRow(count, runPiscina),
      copies: () => costPerRow(count, runCopies),
    };
    await takeTurns(runs, quick ? 1 : WARM_UP_ROUNDS);
    const { ours, copying, piscina, copies } = await takeTurns(runs, rounds);
    const elapsed = (costs: readonly Cost[]) => costs.map(({ elapsedMs }) => elapsedMs);
    const cpu = (costs: readonly Cost[]) => costs.map(({ cpuMs }) => cpuMs);
    const speed = summarise(ratiosPerRound(elapsed(piscina), elapsed(ours)));
    const beyond = cpu(ours).map((cpuMs, round) => cpuMs - (cpu(piscina)[round] as number));
    const copied = summarise(ratiosPerRound(beyond, cpu(copies)).map((times) => times / DIRECTIONS));
    const line = (name: string, costs: readonly Cost[]) => [
      name,
      withRange(summarise(elapsed(costs)), ratio),
      withRange(summarise(cpu(costs)), ratio),
    ];
    return {
      goals: [
        atLeast('rows/s with rows of 1 MB against piscina with move()', 0.9, speed),
        atMost('copies per direction, estimated', 1, copied),
      ],
      tables: [
        {
          caption: 'Rows of 1 MB, per row',
          columns: ['', 'ms', 'CPU ms'],
          lines: [
            line('pooled-executor with move()', ours),
            line('pooled-executor, rows stay with the caller', copying),
            line('piscina with move()', piscina),
            line('one structuredClone, on the main thread', copies),
          ],
        },
      ],
      figures: {
        rows: count,
        rowBytes: ROW_BYTES,
        speed,
        copiesPerDirection: copied,
        contenders: Object.entries({ ours, copying, piscina, copies }).map(([name, costs]) => ({
          name,
          elapsedMs: summarise(elapsed(costs)),
          cpuMs: summarise(cpu(costs)),
        })),
      },
    };
  },
};

function openPiscina(threads: number): Piscina<Bytes, Bytes> {
  return new Piscina({
    filename: fileURLToPath(TRANSFORM),
    name: 'transformForPiscina',
    minThreads: threads,
    maxThreads: threads,
    recordTiming: false,
  });
}

/** Makes fresh rows, as those that are moved are lost, and checks what comes out. */
async function costPerRow(
  count: number,
  run: (rows: readonly Bytes[]) => Promise<readonly Bytes[]>,
): Promise<Cost> {
  const rows = Array.from({ length: count }, (_, index) => new Uint8Array(ROW_BYTES).fill(index & 0xff));
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const outputs = await run(rows);
  const elapsedMs = (performance.now() - startedAt) / count;
  const { user, system } = process.cpuUsage(cpuBefore);
  const isRight = (output: Bytes, index: number) =>
    output.length === ROW_BYTES && output[0] === ((index + 1) & 0xff) && output[1] === (index & 0xff);
  if (outputs.length === count && outputs.every(isRight)) {
    return { elapsedMs, cpuMs: (user + system) / 1000 / count };
  }
  throw new Error('Cannot measure as outputs are wrong, incomplete or out of order');
}
