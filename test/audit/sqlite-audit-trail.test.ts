import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import { eventTrailOf, openEvents, type TakesEvents } from '../../src/audit/event-trail.ts';
import {
  CapacityError,
  MemoryAuditTrail,
  SqliteAuditTrail,
  type SqliteAuditTrailOptions,
  type AuditTrail,
} from '../../src/index.ts';
import { test, type CreateExecutor } from '../helpers/executor-fixture.ts';
import { openTrail, recordsIn, trailPath } from '../helpers/trail-files.ts';

/** Runs ten rows, of which some fail, are refused or make a call, and records them in several trails. */
async function recordRun(
  createExecutor: CreateExecutor,
  runId: string,
  ...trails: readonly AuditTrail[]
): Promise<void> {
  const executor = createExecutor<unknown, unknown>({
    transform: async (row, context) => {
      if (row === 3) throw new RangeError('too large');
      if (row === 5) return context.call('ask', { row }, () => new Map([[row, 1n]]));
      if (row === 7 && context.attempt === 1) throw new CapacityError(503);
      return { row };
    },
    recoveryStepMs: 1,
    audit: toAll(trails),
  });
  const rows = Array.from({ length: 10 }, (_, row) => row);
  await executor.map(rows, { runId });
  await executor.executeBatch(
    rows.map((row) => ({ row: { row }, rowIndex: 100 - 7 * row, stateId: `state "${row}"` })),
    { runId },
  );
}

/** One trail that hands everything on, to each in the way in which it would get it from an executor. */
function toAll(trails: readonly AuditTrail[]): AuditTrail & TakesEvents {
  return {
    outlivesProcess: true,
    [openEvents]: () => {
      const groups = trails.map((trail) => eventTrailOf(trail).open());
      return {
        add: (events) => {
          for (const group of groups) group.add(events);
        },
        append: async () => {
          for (const group of groups) await group.append();
        },
      };
    },
    append: () => Promise.reject(new Error('takes events')),
    close: () => Promise.resolve(),
  };
}

describe('SqliteAuditTrail', () => {
  test('records: gives back what was appended, in order, also after it was closed and opened again', async ({
    createExecutor,
  }) => {
    const memory = new MemoryAuditTrail();
    const path = trailPath();
    const written = openTrail(path);
    const create: CreateExecutor = (options) => createExecutor(options, { further: 'refused' });
    await recordRun(create, 'one', written, memory);
    expect(await recordsIn(written)).toEqual(memory.records);
    await written.close();
    expect(await recordsIn(openTrail(path, { readOnly: true }))).toEqual(memory.records);
  });

  test('records: numbers them from 1 without gaps', async ({ createExecutor }) => {
    const trail = openTrail();
    await recordRun(createExecutor, 'one', trail);
    await recordRun(createExecutor, 'two', trail);
    const numbers: number[] = [];
    for await (const page of trail.records()) numbers.push(...page.map(({ seq }) => seq));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  test('records: a filter lets through what is about one run, row, state or kind', async ({
    createExecutor,
  }) => {
    const trail = openTrail();
    const memory = new MemoryAuditTrail();
    await recordRun(createExecutor, 'one', trail, memory);
    await recordRun(createExecutor, 'two', trail, memory);
    const about = (stateId: string) =>
      memory.records.filter((record) =>
        record.kind === 'dispatch'
          ? stateId === 'row-5' && record.rowIndices.includes(5)
          : 'stateId' in record && record.stateId === stateId,
      );
    expect(await recordsIn(trail, { runId: 'two' })).toEqual(
      memory.records.filter(({ runId }) => runId === 'two'),
    );
    expect(await recordsIn(trail, { stateId: 'row-5' })).toEqual(about('row-5'));
    expect(await recordsIn(trail, { rowIndex: 5, runId: 'one' })).toEqual(
      about('row-5').filter(({ runId }) => runId === 'one'),
    );
    expect(
      (await recordsIn(trail, { stateId: 'state "4"' })).filter(({ kind }) => kind !== 'dispatch'),
    ).toEqual(about('state "4"'));
    expect(await recordsIn(trail, { kinds: ['call', 'batch'] })).toEqual(
      memory.records.filter(({ kind }) => kind === 'call' || kind === 'batch'),
    );
    expect(await recordsIn(trail, { stateId: 'no such row' })).toEqual([]);
    expect(await recordsIn(trail, { runId: 'no such run' })).toEqual([]);
  });

  test('runs: says what is on record of each run', async ({ createExecutor }) => {
    const trail = openTrail();
    expect(await trail.runs()).toEqual([]);
    await recordRun(createExecutor, 'one', trail);
    await recordRun(createExecutor, 'two', trail);
    const counts = { batches: 2, rows: 20, attempts: 21, calls: 2, entries: 20 };
    expect(await trail.runs()).toMatchObject([
      { runId: 'one', ...counts },
      { runId: 'two', ...counts },
    ]);
  });

  test('history: is that of a MemoryAuditTrail with the same records', async ({ createExecutor }) => {
    const trail = openTrail();
    const memory = new MemoryAuditTrail();
    await recordRun(createExecutor, 'one', trail, memory);
    expect(await historyOf(trail, 'one')).toEqual(await historyOf(memory, 'one'));
    expect(await trail.history('two')).toBeUndefined();
  });

  test.each([
    ['a file', 'missing.db'],
    ['a folder', join('missing', 'run.db')],
  ])('open: %s that does not exist is not created by a reader', async (_what, name) => {
    const path = join(dirname(trailPath()), name);
    await expect(SqliteAuditTrail.open(path, { readOnly: true })).rejects.toThrow(
      `Cannot open audit trail ${path} as it doesn't exist`,
    );
    expect(existsSync(path)).toBe(false);
  });
});

async function allOf<Item>(items: AsyncIterable<Item> | Iterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function historyOf(trail: AuditTrail, runId: string) {
  const history = await trail.history?.(runId);
  return {
    ...history,
    rows: (await allOf(history?.rows() ?? [])).flat(),
    outlines: (await allOf(history?.outlines() ?? [])).flat(),
  };
}

test.each<[string, unknown, RegExp]>([
  [
    'an option that there is not',
    { redacted: ['password'] },
    /'redacted' is not an option; there are .*redact/,
  ],
  ['redact: a text', { redact: 'password' }, /'redact' must be an array of paths: received 'password'/],
  ['redact: numbers', { redact: [1] }, /'redact' must be an array of paths: received \[ 1 \]/],
  ['text', { text: 'ndjson' }, /'text' must be 'json' or 'values': received 'ndjson'/],
  ['readOnly', { readOnly: 1 }, /'readOnly' must be true or false: received 1/],
  ['no object', 'readOnly', /'options' must be an object: received 'readOnly'/],
])('SqliteAuditTrail: refuses wrong options: %s', (_name, options, message) => {
  expect(() => new SqliteAuditTrail('run.db', options as SqliteAuditTrailOptions)).toThrow(message);
});

test('SqliteAuditTrail: refuses a path that is none', () => {
  expect(() => new SqliteAuditTrail(undefined as unknown as string)).toThrow(
    /'path' must be a non-empty string: received undefined/,
  );
});

test.for([
  ['--input-type=module'],
  ['--input-type', 'module'],
  ['--input-type=module', '--max-old-space-size=256', '--expose-gc'],
])('SqliteAuditTrail: opens in a process that has flags: node %s -e', async (flags) => {
  const index = new URL('../../dist/src/index.js', import.meta.url).href;
  const code = `import { SqliteAuditTrail } from '${index}';
        await (await SqliteAuditTrail.open(${JSON.stringify(trailPath())})).close();
        console.log('closed');`;
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', code]);
  expect(stdout).toBe('closed\n');
});
