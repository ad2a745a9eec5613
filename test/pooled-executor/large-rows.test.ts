import { describe, expect } from 'vitest';
import type { TransformResult } from '../../src/index.ts';
import { test } from '../helpers/executor-fixture.ts';
import { workerUrl } from '../helpers/engines.ts';
import { isStress, ISOLATIONS } from '../helpers/runs.ts';

const BYTES = 1 << 20;

/** A row that says its id, how often it wants to be refused, and how often to end its thread after that. */
function largeRow(id: number, refusals = 0, crashes = 0): Uint8Array {
  const row = new Uint8Array(BYTES).fill(id);
  row.set([id, refusals, crashes]);
  return row;
}

/** What a result is full of; comparing a million numbers one by one takes longer than all the rest. */
function contentOf(result: TransformResult<Uint8Array>): string {
  if (result.status !== 'success') return result.error.message;
  const { value } = result;
  const isUniform = Buffer.compare(value, Buffer.alloc(value.length, value[0])) === 0;
  return isUniform ? `${value.length} times ${String(value[0])}` : `${value.length} different bytes`;
}

describe.each(ISOLATIONS)('rows of a megabyte, isolation %s', (isolation) => {
  test('I8: each attempt gets the row as it was, after refusals and crashes too, and the caller keeps his', async ({
    createExecutor,
  }) => {
    const executor = createExecutor<Uint8Array, Uint8Array>({
      transform: workerUrl('large-transform.ts'),
      poolSize: 2,
      isolation,
    });
    const rows = [
      largeRow(0),
      largeRow(1, 2),
      largeRow(2, 0, isStress ? 1 : 0), // each crash costs a worker
      largeRow(3, 1, 1),
      ...[4, 5, 6].map((id) => largeRow(id)),
    ];
    const results = executor.map(rows);
    for (const row of rows) row.fill(0xff); // the snapshots were taken
    expect((await results).map(contentOf)).toEqual(rows.map((_, id) => `${BYTES} times ${id + 100}`));
    expect(rows[3]).toHaveLength(BYTES);
    expect(executor.getStats().poolStats).toMatchObject({ successes: 7, errors: 0, capacityRetries: 3 });
  });

  test('an output that the transform keeps stays whole', async ({ createExecutor }) => {
    const executor = createExecutor<Uint8Array, Uint8Array>({
      transform: workerUrl('large-transform.ts'),
      exportName: 'same',
      poolSize: 1,
      isolation,
    });
    const results = await executor.map([largeRow(7), largeRow(8), largeRow(9)]);
    for (const result of results) {
      expect(result).toMatchObject({ status: 'success' });
      if (result.status === 'success') expect(Buffer.compare(result.value, largeRow(7))).toBe(0);
    }
    expect(results).toHaveLength(3);
  });
});
