import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { MemoryAuditTrail, PooledExecutor, type BatchResult } from '../../src/index.ts';
import { withDeadline } from '../helpers/deadline.ts';
import { workerUrl } from '../helpers/engines.ts';
import { codesOf, contextsOf, range } from '../helpers/rows.ts';
import { isStress } from '../helpers/runs.ts';
import { checkTrail } from '../helpers/trail-checks.ts';
import { temporaryFolder } from '../helpers/trail-files.ts';
import { collectWarnings } from '../helpers/warnings.ts';
import type { FaultName, FaultyRow } from '../workers/faulty-transform.ts';
import { FAULT_TABLE, type Expected, type Isolation } from './fault-table.ts';

const ROWS = 8;
const FAULTY = 3;
const DEADLINE_MS = 60_000;
/** They take seconds. */
const SLOW: readonly FaultName[] = ['native code', 'many objects'];
const ALL_OK = ['ok', 'ok', 'ok', 'ok'];

export interface Config {
  readonly isolation: Isolation;
  readonly threads: number;
  readonly sliceSize: number | 'auto';
  /** Whether rows wait for the event loop: then they share a thread where there is only one. */
  readonly async: boolean;
}

/** Describes the battery: each fault of the table under each of the configurations. */
export function describeFaults(configs: readonly Config[]): void {
  describe.each(configs)(
    'I11 $isolation isolation, $threads threads, sliceSize $sliceSize, async $async',
    (config) => {
      const { isolation, threads, sliceSize } = config;
      const audit = new MemoryAuditTrail();
      let untimed: PooledExecutor<FaultyRow>;
      let timed: PooledExecutor<FaultyRow>;
      let warnings: readonly string[];

      beforeAll(() => {
        const options = {
          transform: workerUrl('faulty-transform.ts'),
          exportName: config.async ? 'faultyAsync' : 'default',
          poolSize: 2,
          threads,
          sliceSize,
          isolation,
          resourceLimits: { maxOldGenerationSizeMb: 48 },
          audit,
        };
        untimed = new PooledExecutor(options);
        timed = new PooledExecutor({ ...options, attemptTimeoutMs: 600 });
      });

      beforeEach(() => {
        warnings = collectWarnings();
      });

      afterEach(() => {
        for (const { availablePermits, pendingCount } of [untimed, timed]) {
          expect({ availablePermits, pendingCount }, 'I4').toEqual({ availablePermits: 2, pendingCount: 0 });
        }
      });

      afterAll(async () => {
        for (const executor of [untimed, timed]) await deadline(executor, executor.shutdown());
      });

      function deadline<Value>(executor: PooledExecutor<FaultyRow>, promise: Promise<Value>) {
        return withDeadline(promise, DEADLINE_MS, () => {
          const { availablePermits, pendingCount } = executor;
          return JSON.stringify({ availablePermits, pendingCount, ...executor.getStats(), warnings });
        });
      }

      function run(
        rows: readonly FaultyRow[],
        prefix: string,
        executor = untimed,
      ): Promise<BatchResult<unknown>> {
        return deadline(executor, executor.executeBatch(contextsOf(rows, prefix)));
      }

      /** Rows that take no time are looked after once in a while, so it may take some until the change is found. */
      async function untilWarned(changes: string, executor: PooledExecutor<FaultyRow>): Promise<void> {
        const isIt = (text: string) => / changed /.test(text) && text.includes(`${changes}: its worker`);
        for (let round = 0; !warnings.some(isIt); round++) {
          const { entries } = await run(
            range(100).map((id) => ({ id })),
            `until warned of ${changes} ${round}`,
            executor,
          );
          expect(entries.every(({ result }) => result.status === 'success')).toBe(true);
        }
        expect(warnings.filter(isIt)).toHaveLength(1);
      }

      const cases = Object.entries(FAULT_TABLE)
        .map(([fault, expected]): [FaultName, Expected] => [
          fault as FaultName,
          typeof expected === 'function' ? expected(isolation) : expected,
        ])
        .filter(([fault]) => isStress || !SLOW.includes(fault))
        .filter(([, expected]) => (expected.isolation ?? isolation) === isolation);

      /** Plain rows, until each worker has run one: the successor of one that was ended may still be on its way. */
      async function untilAllWorkersRun(prefix: string, executor: PooledExecutor<FaultyRow>): Promise<void> {
        const workers = new Set<number>();
        for (let round = 0; workers.size < threads; round++) {
          const seen = audit.records.length;
          const { entries } = await run(
            range(4).map((id) => ({ id })),
            `${prefix} ${round}`,
            executor,
          );
          expect(codesOf(entries)).toEqual(ALL_OK);
          workers.clear();
          for (const record of audit.records.slice(seen))
            if (record.kind === 'attempt') workers.add(record.threadId);
        }
      }

      test.each(cases)('%s', async (fault, expected) => {
        const rows: FaultyRow[] = range(ROWS).map((id) =>
          id === FAULTY ? { id, fault, times: expected.times ?? Infinity } : { id },
        );
        const executor = expected.timed === true ? timed : untimed;
        const printed = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
        const { entries, stats } = await run(rows, fault, executor).finally(() => printed.mockRestore());
        expect(codesOf(entries)).toEqual(range(ROWS).map((id) => (id === FAULTY ? expected.code : 'ok')));
        for (const { rowIndex, result, attempts } of entries) {
          if (rowIndex === FAULTY) {
            expect(attempts).toBe(expected.attempts ?? 1);
            if (result.status === 'success') expect(result.value).toEqual(expected.value);
            else {
              expect(result.error.message).toMatch(expected.message ?? /./);
              expect(result.error).toMatchObject(expected.error ?? {});
            }
          } else {
            expect(result).toEqual({ status: 'success', value: rowIndex * 10 });
            // rows of its slice that had finished keep their results, those behind are charged nothing
            if (!config.async) expect(attempts).toBe(1);
          }
        }
        expect(stats.maxConcurrentReached).toBeLessThanOrEqual(2);
        // where rows go one by one and may wait, these get no further than there are two at once
        const mustMeet = config.async && sliceSize === 1;
        if (mustMeet && expected.timed === true)
          await untilAllWorkersRun(`until all run after ${fault}`, executor);
        const meetIn = mustMeet ? { meetIn: temporaryFolder() } : {};
        const after = await run(
          range(4).map((id) => ({ id, ...meetIn })),
          `after ${fault}`,
          executor,
        );
        expect(codesOf(after)).toEqual(ALL_OK);
        if (expected.changes !== undefined) await untilWarned(expected.changes, executor);
        if (config.async && expected.warns === true) {
          expect(warnings.filter((text) => text.startsWith(`Row '${fault}-${FAULTY}'`))).toHaveLength(1);
        }
      });

      test('a row that can not be cloned is refused at submit, the rest runs', async () => {
        const rows = range(ROWS).map((id) => (id === FAULTY ? { id, extra: () => 1 } : { id }));
        const { entries } = await run(rows, 'uncloneable');
        expect(codesOf(entries)).toEqual(range(ROWS).map((id) => (id === FAULTY ? 'transform_error' : 'ok')));
        expect(entries[FAULTY]).toMatchObject({ attempts: 0 });
      });

      test('the record of all this is whole', async () => {
        await checkTrail(audit.records, { stopped: false });
      });
    },
  );
}
