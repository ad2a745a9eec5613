import { describe, expect } from 'vitest';
import { MemoryAuditTrail, type RowError, type TransformResult } from '../../src/index.ts';
import { bothEngines, workerUrl } from '../helpers/engines.ts';
import { test } from '../helpers/executor-fixture.ts';
import type { Kind } from '../helpers/nested.ts';
import makeDeep, { type DeepRow } from '../workers/deep-transform.ts';

/** What the thread that reads them could read last, and far more; a worker has the stack for both. */
const DEPTHS = [1_001, 5_000];
const KINDS: readonly Kind[] = ['objects', 'lists', 'maps', 'not JSON', 'linked list'];
const FINE: DeepRow = { as: 'output', kind: 'lists', levels: 3 };

function rowsOf(as: DeepRow['as']): DeepRow[] {
  return KINDS.flatMap((kind) => DEPTHS.flatMap((levels) => [FINE, { as, kind, levels }, FINE]));
}

/** Of the rows that are not {@link FINE}; these must all be so. */
function errorsOf(results: readonly TransformResult<unknown>[]): (RowError | undefined)[] {
  for (const [index, result] of results.entries())
    if (index % 3 !== 1) expect.soft(result, `row ${index}`).toMatchObject({ value: [[[1]]] });
  const deep = results.filter((_, index) => index % 3 === 1);
  return deep.map((result) => (result.status === 'error' ? result.error : undefined));
}

describe.each([
  ...bothEngines('deep-transform.ts', makeDeep),
  { name: 'processes', transform: workerUrl('deep-transform.ts'), isolation: 'process' as const },
])('I11 what is nested too deeply costs its row alone, $name', (engine) => {
  const { transform } = engine;
  const options = {
    transform,
    poolSize: 1,
    sliceSize: 8,
    ...('isolation' in engine ? { isolation: engine.isolation } : {}),
  };

  test.for([undefined, new MemoryAuditTrail()])(
    'outputs and errors, record: %o',
    async (audit, { createExecutor }) => {
      const executor = createExecutor<DeepRow, unknown>({ ...options, ...(audit && { audit }) });
      for (const error of errorsOf(await executor.map(rowsOf('output'))))
        expect.soft(error?.message).toMatch(/^Result of the transform can not leave the worker: /);
      for (const error of errorsOf(await executor.map(rowsOf('rejected'))))
        expect.soft(error?.code).toBe('transform_error');
      for (const error of errorsOf(await executor.map(rowsOf('thrown'))))
        expect.soft(error?.message).toBe('no');
    },
  );

  test('requests of calls, where they are recorded', async ({ createExecutor }) => {
    const executor = createExecutor<DeepRow, unknown>({ ...options, audit: new MemoryAuditTrail() });
    for (const error of errorsOf(await executor.map(rowsOf('request'))))
      expect.soft(error?.message).toMatch(/^Cannot record the request of call 'deep'/);
  });
});
