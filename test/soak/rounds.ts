import {
  PooledExecutor,
  type AuditRecord,
  type AuditTrail,
  type BatchStats,
  type Entry,
} from '../../src/index.ts';
import { FAULT_TABLE, type Isolation } from '../integration/fault-table.ts';
import type { FaultName, FaultyRow } from '../workers/faulty-transform.ts';

/** A random whole number from 0 to below the limit. */
export type Random = (limit: number) => number;

/** An executor that lives as long as the soak. */
export interface Subject {
  readonly name: string;
  readonly isolation: Isolation;
  readonly executor: PooledExecutor<FaultyRow>;
  readonly trail: RoundTrail;
}

/** One batch or stream of a round, and what came of it. */
export interface Work {
  readonly rows: readonly FaultyRow[];
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
  { isolation: 'thread', poolSize: 2, threads: 2, sliceSize: 1, exportName: 'faultyAsync' },
  { isolation: 'thread', poolSize: 4, threads: 1, sliceSize: 'auto', exportName: 'faultyAsync' },
  { isolation: 'thread', poolSize: 3, threads: 2, sliceSize: 7, exportName: 'default', recycleAfterRows: 50 },
  { isolation: 'process', poolSize: 2, threads: 2, sliceSize: 'auto', exportName: 'faultyAsync' },
] as const;

/** More slowly than this a fault would take up most of the time. */
const RARE: ReadonlySet<string> = new Set(['native code', 'many objects', 'megabytes on the console']);

export function openSubjects(): readonly Subject[] {
  return SUBJECTS.map((options) => {
    const trail = new RoundTrail();
    const executor = new PooledExecutor<FaultyRow>({
      ...options,
      transform: new URL('../workers/faulty-transform.ts', import.meta.url),
      attemptTimeoutMs: 1_000,
      recoveryStepMs: 1,
      resourceLimits: { maxOldGenerationSizeMb: 64 },
      audit: trail,
    });
    const { isolation, poolSize, threads, sliceSize, exportName } = options;
    const name = `${isolation}, poolSize ${poolSize}, threads ${threads}, sliceSize ${sliceSize}, ${exportName}`;
    return { name, isolation, executor, trail };
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
  const faults = faultsFor(subject.isolation, random);
  const size = random(10) === 0 ? 0 : 1 + random(600);
  const rows = Array.from({ length: size }, (_, id): FaultyRow => ({ id }));
  for (let left = random(10); left > 0 && size > 0; left--) {
    const id = random(size);
    const fault = faults[random(faults.length)] as FaultName;
    rows[id] = { id, fault, ...timesOf(fault) };
  }
  const cutAfter = random(8) === 0 ? random(rows.length + 1) : undefined;
  return random(2) === 0
    ? playBatch(subject, { rows, runId, cutAfter })
    : playStream(subject, { rows, runId, cutAfter });
}

/** A handful of faults for a run, so that each comes up often beside each. */
function faultsFor(isolation: Isolation, random: Random): FaultName[] {
  const possible = (Object.keys(FAULT_TABLE) as FaultName[]).filter((fault) => {
    const expected = FAULT_TABLE[fault];
    const only = typeof expected === 'function' ? undefined : expected.isolation;
    return (only ?? isolation) === isolation && (!RARE.has(fault) || random(20) === 0);
  });
  return Array.from({ length: 3 }, () => possible[random(possible.length)] as FaultName);
}

function timesOf(fault: FaultName): Pick<FaultyRow, 'times'> {
  const expected = FAULT_TABLE[fault];
  return typeof expected === 'function' || expected.times === undefined ? {} : { times: expected.times };
}

interface Plan {
  readonly rows: readonly FaultyRow[];
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
