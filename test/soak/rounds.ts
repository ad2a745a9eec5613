import {
  PooledExecutor,
  type AuditRecord,
  type AuditTrail,
  type BatchStats,
  type Entry,
} from '../../src/index.ts';
import type { Isolation } from '../integration/fault-table.ts';
import type { SoakedRow } from './soaked-transform.ts';
import { makeRows, type Random } from './round-rows.ts';

/** An executor that lives as long as the soak. */
export interface Subject {
  readonly name: string;
  readonly isolation: Isolation;
  /** The most workers that it may have: one more where they are recycled. */
  readonly mostWorkers: number;
  readonly executor: PooledExecutor<SoakedRow>;
  readonly trail: RoundTrail;
}

/** One batch or stream of a round, and what came of it. */
export interface Work {
  readonly rows: readonly SoakedRow[];
  readonly runId: string;
  /** It was aborted, or its consumer stopped early. */
  readonly cut: boolean;
  readonly entries: readonly Entry<unknown>[];
  readonly stats: BatchStats;
}

export interface Round {
  readonly works: readonly Work[];
  readonly records: readonly AuditRecord[];
}

/** Keeps the records of one round. */
class RoundTrail implements AuditTrail {
  #records: AuditRecord[] = [];

  append(records: readonly AuditRecord[]): Promise<void> {
    this.#records.push(...records);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  take(): readonly AuditRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }
}

const SUBJECTS = [
  { isolation: 'thread', poolSize: 2, threads: 2, sliceSize: 'auto', exportName: 'default' },
  { isolation: 'thread', poolSize: 2, threads: 2, sliceSize: 1, exportName: 'soakedAsync' },
  { isolation: 'thread', poolSize: 4, threads: 1, sliceSize: 'auto', exportName: 'soakedAsync' },
  { isolation: 'thread', poolSize: 3, threads: 2, sliceSize: 7, exportName: 'default', recycleAfterRows: 50 },
  { isolation: 'process', poolSize: 2, threads: 2, sliceSize: 'auto', exportName: 'soakedAsync' },
  {
    isolation: 'process',
    poolSize: 2,
    threads: 1,
    sliceSize: 9,
    exportName: 'default',
    recycleAfterRows: 150,
  },
] as const;

export function openSubjects(): readonly Subject[] {
  return SUBJECTS.map((options) => {
    const trail = new RoundTrail();
    const executor = new PooledExecutor<SoakedRow>({
      ...options,
      transform: new URL('./soaked-transform.ts', import.meta.url),
      attemptTimeoutMs: 1_000,
      recoveryStepMs: 1,
      resourceLimits: { maxOldGenerationSizeMb: 64 },
      audit: trail,
    });
    const { isolation, poolSize, threads, sliceSize, exportName } = options;
    const name = `${isolation}, poolSize ${poolSize}, threads ${threads}, sliceSize ${sliceSize}, ${exportName}`;
    const mostWorkers = threads + ('recycleAfterRows' in options ? 1 : 0);
    return { name, isolation, mostWorkers, executor, trail };
  });
}

/** One to three batches and streams at once. */
export async function playRound(subject: Subject, random: Random): Promise<Round> {
  const works = await Promise.all(
    Array.from({ length: 1 + random(3) }, (_, index) => playWork(subject, `run-${index}`, random)),
  );
  return { works, records: subject.trail.take() };
}

function playWork(subject: Subject, name: string, random: Random): Promise<Work> {
  const runId = `${name}-${random(2 ** 31)}`;
  const rows = makeRows(subject.isolation, random);
  const cutAfter = random(8) === 0 ? random(rows.length + 1) : undefined;
  return random(2) === 0
    ? playBatch(subject, { rows, runId, cutAfter })
    : playStream(subject, { rows, runId, cutAfter });
}

interface Plan {
  readonly rows: readonly SoakedRow[];
  readonly runId: string;
  /** After so many entries it is aborted or left. */
  readonly cutAfter: number | undefined;
}

async function playBatch({ executor }: Subject, { rows, runId, cutAfter }: Plan): Promise<Work> {
  const controller = new AbortController();
  const contexts = rows.map((row) => ({ row, stateId: `${runId}/${row.id}`, rowIndex: row.id }));
  const { entries, stats } = await executor.executeBatch(contexts, {
    runId,
    signal: controller.signal,
    onProgress: ({ emitted }) => {
      if (cutAfter !== undefined && emitted >= cutAfter) controller.abort();
    },
  });
  return { rows, runId, cut: cutAfter !== undefined, entries, stats };
}

async function playStream({ executor }: Subject, { rows, runId, cutAfter }: Plan): Promise<Work> {
  const entries: Entry<unknown>[] = [];
  const stream = executor.stream(rows, { runId });
  for await (const entry of stream) {
    entries.push(entry);
    if (entries.length === cutAfter) break;
  }
  return { rows, runId, cut: cutAfter !== undefined, entries, stats: stream.stats };
}
