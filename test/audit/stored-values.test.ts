import fc from 'fast-check';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect } from 'vitest';
import { eventTrailOf, openEvents, type EventGroup, type TakesEvents } from '../../src/audit/event-trail.ts';
import {
  CapacityError,
  MemoryAuditTrail,
  type AuditRecord,
  type AuditTrail,
  type SqliteAuditTrail,
} from '../../src/index.ts';
import { cloneable, shapeOf } from '../core/arbitrary-values.ts';
import { test } from '../helpers/executor-fixture.ts';
import { runs } from '../helpers/runs.ts';
import { openTrail, recordsIn, trailPath } from '../helpers/trail-files.ts';
import { PROBE } from '../helpers/transforms.ts';

/** A trail in memory and one in a file that are told the same. */
function twins(file: SqliteAuditTrail): { memory: MemoryAuditTrail; audit: AuditTrail & TakesEvents } {
  const memory = new MemoryAuditTrail();
  const audit = {
    outlivesProcess: true,
    [openEvents]: () => {
      const [inMemory, inFile] = [memory, file].map((trail) => eventTrailOf(trail).open());
      return {
        add: (events: Parameters<EventGroup['add']>[0]) => {
          inMemory!.add(events);
          inFile!.add(events);
        },
        append: async () => {
          await inMemory!.append();
          await inFile!.append();
        },
      };
    },
    append: () => Promise.reject(new Error('takes events')),
    close: () => Promise.resolve(),
  };
  return { memory, audit };
}

/** Whatever the order of their fields. */
const shapesOf = (records: readonly AuditRecord[]) =>
  records.map((record) =>
    shapeOf(Object.fromEntries(Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1)))),
  );

/** No text can be made of it. */
const TEXTLESS = [{ toString: 1 }];

describe('SqliteAuditTrail: any value', () => {
  test('rows, outputs, calls and error details come back as they were recorded', async ({
    createExecutor,
  }) => {
    const trail = openTrail();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ value: cloneable, ends: fc.constantFrom('well', 'badly', 'late') }), {
          maxLength: 6,
        }),
        async (rows) => {
          const { memory, audit } = twins(trail);
          const executor = createExecutor<unknown, unknown>({
            transform: (row, { rowIndex, attempt }) => {
              if (row === PROBE) return row;
              const { ends } = rows[rowIndex]!;
              if (ends === 'badly') throw Object.assign(new Error('bad'), { own: row });
              if (ends === 'late' && attempt === 1) throw new CapacityError(503);
              return row;
            },
            recoveryStepMs: 1,
            audit,
          });
          await executor.map(rows.map(({ value }) => value));
          const batchIds = new Set(memory.records.map(({ batchId }) => batchId));
          const stored = (await recordsIn(trail)).filter(({ batchId }) => batchIds.has(batchId));
          expect(shapesOf(stored)).toEqual(shapesOf(memory.records));
        },
      ),
      { numRuns: runs(10, 100), examples: [[[{ value: TEXTLESS, ends: 'badly' }]]] },
    );
  });

  test('single records come back as they were appended', async () => {
    const trail = openTrail();
    let count = 0;
    await fc.assert(
      fc.asyncProperty(cloneable, cloneable, fc.string({ unit: 'binary' }), async (one, other, stateId) => {
        const origin = { runId: `run ${count++}`, batchId: 'b', at: 1.5 };
        const row = { stateId, rowIndex: 3 };
        const records: AuditRecord[] = [
          { ...origin, kind: 'row', ...row, request: one, requestSha256: 'hash' },
          {
            ...origin,
            kind: 'call',
            stateId,
            callIndex: 0,
            attempt: 1,
            name: 'n',
            phase: 'request',
            request: one,
          },
          {
            ...origin,
            kind: 'call',
            stateId,
            callIndex: 0,
            attempt: 1,
            name: 'n',
            phase: 'response',
            response: other,
          },
          {
            ...origin,
            kind: 'entry',
            ...row,
            submitIndex: 0,
            completeIndex: 0,
            submittedAt: 1,
            completedAt: 2,
            bufferWaitMs: 0,
            attempts: 0,
            result: { status: 'success', value: other },
          },
        ];
        await trail.append(records);
        expect(shapesOf(await recordsIn(trail, { runId: origin.runId }))).toEqual(
          shapesOf(structuredClone(records)),
        );
      }),
      { numRuns: runs(30, 200) },
    );
  });
});

describe('SqliteAuditTrail: text json', () => {
  /** An object without nesting, with one character more or less. */
  const nearlyFlat = fc
    .tuple(
      fc.dictionary(
        fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', 'é') }),
        fc.oneof(fc.double(), fc.integer(), fc.string(), fc.boolean(), fc.constant(null)),
      ),
      fc.nat(40),
      fc.constantFrom('', ' ', ',', ':', '"', '0', '-', '.', 'e', '}', '\\', '\n', '\u0001'),
    )
    .map(([object, at, character]) => {
      const text = JSON.stringify(object);
      return text.slice(0, at) + character + text.slice(character === '' ? at + 1 : at);
    });
  const line = fc.oneof(
    fc.json(),
    nearlyFlat,
    fc.json().map((text) => ` ${text.replaceAll(',', ' ,\t')} `),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '1.0',
      '1e5',
      '{"a":1,"a":2}',
      '1,"rowIndex":7',
      '}',
      '',
      '"',
      '{"$tagged":{"$undefined":true}}',
      '{"$tagged":1}',
    ),
    fc.json().map((text) => `["${'x'.repeat(2_000)}",${text}]`),
  );

  test('every line comes back as exactly the string that it was', async ({ createExecutor }) => {
    const trail = openTrail(trailPath(), { text: 'json' });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(line, fc.record({ malformed: fc.string() })), { maxLength: 8 }),
        async (lines) => {
          const { memory, audit } = twins(trail);
          const executor = createExecutor<unknown, unknown>({
            transform: (row, context) =>
              context.rowIndex === 1 ? context.call('ask', row, () => '"text"') : row,
            audit,
          });
          await executor.map(lines);
          const batchIds = new Set(memory.records.map(({ batchId }) => batchId));
          const stored = (await recordsIn(trail)).filter(({ batchId }) => batchIds.has(batchId));
          expect(shapesOf(stored)).toEqual(shapesOf(memory.records));
        },
      ),
      { numRuns: runs(15, 100) },
    );
  });

  test('lines stand in the file as JSON, to be queried', async ({ createExecutor }) => {
    const path = trailPath();
    const trail = openTrail(path, { text: 'json' });
    const transform = (row: string) => row;
    const executor = createExecutor({ transform, audit: trail }, { further: 'refused' });
    await executor.map(['{"amount": 1.50}', `{"amount": 2, "text": "${'x'.repeat(2_000)}"}`, 'no json']);
    await trail.close();
    const database = new DatabaseSync(path, { readOnly: true });
    const amounts = database.prepare(`SELECT request ->> 'amount' AS amount FROM rows`).all();
    expect(amounts.map(({ amount }) => amount)).toEqual([1.5, 2, null]);
    database.close();
  });
});
