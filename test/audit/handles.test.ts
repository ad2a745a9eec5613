import { describe, expect } from 'vitest';
import { test } from '../helpers/executor-fixture.ts';
import { workerUrl } from '../helpers/engines.ts';
import { codesOf, contextsOf } from '../helpers/rows.ts';
import { openTrail, recordsIn } from '../helpers/trail-files.ts';
import { MemoryAuditTrail, type Entry } from '../../src/index.ts';
import giveAway, { type HandleRow } from '../workers/handle-transform.ts';

const WHATS = ['shared', 'view', 'blob', 'module'] as const;
const NO_DATA = /is no data: it can neither be put on record nor be taken to another process/;

/** Each kind of thing in each way, between rows that are fine. */
const ROWS: readonly HandleRow[] = [
  { how: 'not at all' },
  ...WHATS.flatMap((what) =>
    (['returned', 'thrown', 'asked', 'answered'] as const).map((how) => ({ how, what })),
  ),
  { how: 'not at all' },
];

function textOf({ result }: Entry<unknown>): string {
  return result.status === 'error' ? `${result.error.message} ${JSON.stringify(result.error)}` : 'ok';
}

const WAYS = [
  ['on threads', { transform: workerUrl('handle-transform.ts') }],
  ['in processes', { transform: workerUrl('handle-transform.ts'), isolation: 'process' }],
  ['in-process', { transform: giveAway }],
] as const;

describe('what is no data, on a record in a file', () => {
  test.for(WAYS)(
    'costs the row that gives it away, which says why: %s',
    async ([, way], { createExecutor }) => {
      const audit = openTrail();
      const executor = createExecutor<HandleRow, unknown>({ ...way, poolSize: 2, audit });
      const { entries } = await executor.executeBatch(contextsOf(ROWS));
      expect(codesOf(entries).filter((code) => code === 'ok')).toHaveLength(2);
      for (const entry of entries.slice(1, -1)) expect(textOf(entry)).toMatch(NO_DATA);
      const records = await recordsIn(audit);
      expect(records.filter(({ kind }) => kind === 'entry')).toHaveLength(ROWS.length);
      expect(await audit.verify()).toMatchObject({ ok: true });
    },
  );

  test('a row that has it is refused, the others run', async ({ createExecutor }) => {
    const audit = openTrail();
    const executor = createExecutor<unknown, unknown>({
      transform: workerUrl('handle-transform.ts'),
      poolSize: 1,
      audit,
    });
    const fine = { how: 'not at all' };
    const { entries } = await executor.executeBatch(
      contextsOf([fine, { ...fine, extra: new SharedArrayBuffer(8) }, fine, new Blob([])]),
    );
    expect(codesOf(entries)).toEqual(['ok', 'transform_error', 'ok', 'transform_error']);
    expect(textOf(entries[1]!)).toMatch(/^Row can not be cloned: a SharedArrayBuffer is no data/);
    expect(await audit.verify()).toMatchObject({ ok: true });
  });
});

test('what is no data: on threads without a record, and on one in memory, it comes as it is', async ({
  createExecutor,
}) => {
  for (const audit of [undefined, new MemoryAuditTrail()]) {
    const executor = createExecutor<HandleRow, unknown>({
      transform: workerUrl('handle-transform.ts'),
      poolSize: 1,
      ...(audit && { audit }),
    });
    const { entries } = await executor.executeBatch(
      contextsOf(WHATS.map((what) => ({ how: 'returned', what }))),
    );
    expect(codesOf(entries)).toEqual(['ok', 'ok', 'ok', 'ok']);
  }
});

test('what is no data does not become nothing on its way to another process', async ({ createExecutor }) => {
  const executor = createExecutor<HandleRow, unknown>({
    transform: workerUrl('handle-transform.ts'),
    poolSize: 1,
    isolation: 'process',
  });
  const { entries } = await executor.executeBatch(
    contextsOf(WHATS.map((what) => ({ how: 'returned', what }))),
  );
  expect(codesOf(entries)).toEqual(['transform_error', 'ok', 'transform_error', 'transform_error']); // a view is copied
});
