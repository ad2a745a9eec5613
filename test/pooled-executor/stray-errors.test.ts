import { describe, expect } from 'vitest';
import type { PooledExecutor } from '../../src/index.ts';
import { workerUrl } from '../helpers/engines.ts';
import { test } from '../helpers/executor-fixture.ts';
import { contextsOf, range } from '../helpers/rows.ts';
import { collectWarnings } from '../helpers/warnings.ts';
import type { FaultName, FaultyRow } from '../workers/faulty-transform.ts';
import type { OldPromiseRow } from '../workers/old-promise-transform.ts';

const ROWS = 1_000;
const FAULTY = 600;

/** Rows that start nothing, until there is a warning: an error that was left behind comes up between two slices. */
async function untilWarned<Row>(
  executor: PooledExecutor<Row, unknown>,
  quiet: Row,
  warnings: readonly string[],
): Promise<void> {
  for (let round = 0; warnings.length === 0; round++) {
    await executor.executeBatch(contextsOf([quiet], `round ${round}`));
  }
}

describe('a stray error', () => {
  test.for<FaultName>(['timer throws after the row', 'rejection after the row'])(
    'I11 (%s) is charged to the row that started it, however many rows that start nothing ran before',
    async (fault, { createExecutor }) => {
      const warnings = collectWarnings();
      const transform = workerUrl('faulty-transform.ts');
      const executor = createExecutor<FaultyRow, unknown>({ transform, poolSize: 1, sliceSize: 100 });
      const rows: FaultyRow[] = range(ROWS).map((id) => (id === FAULTY ? { id, fault } : { id }));
      const { entries } = await executor.executeBatch(contextsOf(rows));
      expect(entries.every(({ result }) => result.status === 'success')).toBe(true);
      await untilWarned(executor, { id: 0 }, warnings);
      await executor.shutdown();
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain(`Row '${String(entries[FAULTY]?.stateId)}'`);
    },
  );

  test('I11 in a promise from before is not charged to the row behind the one that rejected it', async ({
    createExecutor,
  }) => {
    const warnings = collectWarnings();
    const transform = workerUrl('old-promise-transform.ts');
    const executor = createExecutor<OldPromiseRow, string>({ transform, poolSize: 1, sliceSize: 100 });
    const rows = range(ROWS).map((): OldPromiseRow => 'quiet');
    rows.splice(FAULTY, 2, 'rejects', 'async');
    const { entries } = await executor.executeBatch(contextsOf(rows));
    expect(entries.every(({ result }) => result.status === 'success')).toBe(true);
    await untilWarned(executor, 'quiet', warnings);
    await executor.shutdown();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('left in a promise from before');
  });
});
