import { fileURLToPath } from 'node:url';
import { move as moveByPiscina, Piscina } from 'piscina';
import { move, PooledExecutor } from '../built-package.ts';
import { collectGarbage } from '../collect-garbage.ts';
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
const WARM_UP_ROUNDS = 6;
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
    'A Uint8Array of 1 MB in and the same out, one byte changed. With move() rows and outputs change hands, with the executor as ' +
    'with piscina: nothing is copied, and the caller has lost the row. Without it the row stays with the caller. ' +
    'All share one process, whose main thread collects its garbage before each turn. ' +
    'Copies, with move() and without, are estimated from the CPU time beyond that of piscina with move(), in units of one structuredClone of such ' +
    'a row, and halved for the two directions.',
  obstacles:
    'With move() nothing is copied: what is left is the way of a row, of which the threads do nothing else here. A moved row goes by itself, as others in ' +
    'its slice would be lost if it ended the thread, so that all that a slice costs (a permit, the gauge, the lane, the record of ' +
    'its times, a reply) comes for each row, on top of what piscina does for it, and takes about as long again. ' +
    'In a profile the threads wait for nine tenths of the time and the main thread for a fifth or more: each row is a wake of its thread and one of the main thread, ' +
    'which take 70 to 90 µs each on a virtual machine, here as with piscina, and what the executor does (some 60 µs on the main thread and 80 in the other, under the profiler; piscina 30 and 10) ' +
    'stands between two of them. A second row on the way to each thread would hide it, and would be lost with a thread that the first one ends. Tried: times of small slices as a list ' +
    'instead of a buffer (kept: a buffer each made V8 collect far more often), the change of hands by ArrayBuffer.transfer instead of ' +
    'structuredClone (no faster, and it takes memory that Node says must not be taken). Without move() a row is copied into shared memory ' +
    'when it is admitted, and out of it by the thread that runs it; what fresh memory and its collection cost counts as copies here.',
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
    const runPiscinaCopying = (rows: readonly Bytes[]) =>
      Promise.all(rows.map((row) => pool.run(row, { name: 'default' })));
    const runPiscina = (rows: readonly Bytes[]) =>
      Promise.all(rows.map((row) => pool.run(moveByPiscina(row) as unknown as Bytes)));
    const runCopies = async (rows: readonly Bytes[]) => rows.map((row) => transform(structuredClone(row)));

    say(`${count} rows`);
    const runs = {
      ours: () => costPerRow(count, runOurs),
      copying: () => costPerRow(count, runCopying),
      piscina: () => costPerRow(count, runPiscina),
      piscinaCopying: () => costPerRow(count, runPiscinaCopying),
      copies: () => costPerRow(count, runCopies),
    };
    await takeTurns(runs, quick ? 1 : WARM_UP_ROUNDS);
    const { ours, copying, piscina, piscinaCopying, copies } = await takeTurns(runs, rounds);
    const elapsed = (costs: readonly Cost[]) => costs.map(({ elapsedMs }) => elapsedMs);
    const cpu = (costs: readonly Cost[]) => costs.map(({ cpuMs }) => cpuMs);
    const speed = summarise(ratiosPerRound(elapsed(piscina), elapsed(ours)));
    const copiesIn = (costs: readonly Cost[]) => {
      const beyond = cpu(costs).map((cpuMs, round) => cpuMs - (cpu(piscina)[round] as number));
      return summarise(ratiosPerRound(beyond, cpu(copies)).map((times) => times / DIRECTIONS));
    };
    const [copiedMoving, copiedKeeping] = [copiesIn(ours), copiesIn(copying)];
    const line = (name: string, costs: readonly Cost[]) => [
      name,
      withRange(summarise(elapsed(costs)), ratio),
      withRange(summarise(cpu(costs)), ratio),
    ];
    return {
      goals: [
        atLeast('rows/s with rows of 1 MB against piscina with move()', 0.9, speed),
        atMost('copies per direction with move(), estimated', 1, copiedMoving),
        atMost('copies per direction without, estimated', 1, copiedKeeping),
      ],
      tables: [
        {
          caption: 'Rows of 1 MB, per row',
          columns: ['', 'ms', 'CPU ms'],
          lines: [
            line('pooled-executor with move()', ours),
            line('pooled-executor without', copying),
            line('piscina with move()', piscina),
            line('piscina without', piscinaCopying),
            line('one structuredClone, on the main thread', copies),
          ],
        },
      ],
      figures: {
        rows: count,
        rowBytes: ROW_BYTES,
        speed,
        copiesPerDirection: copiedMoving,
        copiesPerDirectionWithoutMove: copiedKeeping,
        contenders: Object.entries({ ours, copying, piscina, piscinaCopying, copies }).map(
          ([name, costs]) => ({
            name,
            elapsedMs: summarise(elapsed(costs)),
            cpuMs: summarise(cpu(costs)),
          }),
        ),
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

/** Collects the garbage of the turn before, makes fresh rows, as those that are moved are lost, and checks what comes out. */
async function costPerRow(
  count: number,
  run: (rows: readonly Bytes[]) => Promise<readonly Bytes[]>,
): Promise<Cost> {
  collectGarbage();
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
