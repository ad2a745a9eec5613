import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryAuditTrail, type AuditRecord, type AuditTrail } from '../../src/index.ts';
import { isStress, runs } from '../helpers/runs.ts';
import { openTrail } from '../helpers/trail-files.ts';

const ORIGIN = { runId: 'run', batchId: 'batch', at: 1 };

async function historyOf(trail: AuditTrail, runId = 'run') {
  const history = await trail.history?.(runId);
  const pages = { rows: [] as unknown[][], outlines: [] as unknown[][] };
  for await (const page of history!.rows()) pages.rows.push([...page]);
  for await (const page of history!.outlines()) pages.outlines.push([...page]);
  return { rowCount: history!.rowCount, pages };
}

const BATCH: AuditRecord = { ...ORIGIN, kind: 'batch', options: {}, transform: { url: '', sha256: '' } };

const rowOf = (rowIndex: number, content: unknown): AuditRecord => ({
  ...ORIGIN,
  kind: 'row',
  stateId: `s${rowIndex}`,
  rowIndex,
  request: content,
  requestSha256: `hash of ${JSON.stringify(content)}`,
});

function attemptOf(rowIndex: number, attempt: number, end: 'ok' | 'failed', response: unknown): AuditRecord {
  const identity = { stateId: `s${rowIndex}`, rowIndex, attempt };
  const times = { dispatchedAt: 1, startedAt: 2, finishedAt: 3, delayMs: 0, backoffMs: 0 };
  const error = { code: 'transform_error', message: 'bad' } as const;
  const outcome = end === 'ok' ? { outcome: end, response } : { outcome: end, error };
  return { ...ORIGIN, kind: 'attempt', ...identity, ...outcome, threadId: 1, sliceId: 1, ...times };
}

function entryOf(rowIndex: number, attempts: number, end: 'ok' | 'failed' | 'aborted', value: unknown) {
  const places = { submitIndex: rowIndex, completeIndex: rowIndex };
  const times = { submittedAt: 1, completedAt: 2, bufferWaitMs: 0 };
  const code = end === 'aborted' ? ('aborted' as const) : ('transform_error' as const);
  const error = { code, message: 'bad' };
  const failure = { status: 'error' as const, error, retryable: false };
  const result = end === 'ok' ? { status: 'success' as const, value } : failure;
  const identity = { stateId: `s${rowIndex}`, rowIndex, attempts };
  return { ...ORIGIN, kind: 'entry' as const, ...identity, ...places, ...times, result };
}

/** A row that was submitted, and what became of it. */
interface Fate {
  readonly rowIndex: number;
  readonly steps: readonly ('dispatched' | 'ok' | 'failed' | 'entry' | 'aborted' | 'changed')[];
  /** Whether its values are too large to stand with the others. */
  readonly isLarge: boolean;
}

const fate = fc.record<Fate>({
  rowIndex: fc.nat(12),
  steps: fc.array(fc.constantFrom('dispatched', 'ok', 'failed', 'entry', 'aborted', 'changed'), {
    maxLength: 6,
  }),
  isLarge: fc.boolean(),
});

function recordsOf({ rowIndex, steps, isLarge }: Fate): readonly AuditRecord[] {
  const content = { rowIndex, pad: isLarge ? 'x'.repeat(5_000) : '' };
  const slice = { sliceId: 1, rowIndices: [rowIndex] };
  const records: AuditRecord[] = [rowOf(rowIndex, content)];
  let attempts = 0;
  let last: 'ok' | 'failed' = 'failed';
  for (const step of steps) {
    if (step === 'ok' || step === 'failed') last = step;
    if (step === 'dispatched')
      records.push({ ...ORIGIN, kind: 'dispatch', ...slice, attempts: [attempts + 1] });
    else if (step === 'changed') records.push(rowOf(rowIndex, { ...content, changed: records.length }));
    else if (step === 'entry') records.push(entryOf(rowIndex, attempts, last, content));
    else if (step === 'aborted') records.push(entryOf(rowIndex, attempts, 'aborted', content));
    else records.push(attemptOf(rowIndex, ++attempts, step, content));
  }
  return records;
}

/** As the records of a run: rows that come again do so in a batch that continues it. */
function runOf(runId: string, records: readonly AuditRecord[]): readonly AuditRecord[] {
  const known = new Set<number>();
  return [BATCH, ...records].map((record) => {
    const isAgain = record.kind === 'row' && known.has(record.rowIndex);
    if (record.kind === 'row') known.add(record.rowIndex);
    return { ...record, runId, batchId: isAgain ? 'again' : 'first' };
  });
}

test('the history of a run in a file is that of the same records in memory', async () => {
  const file = openTrail();
  const memory = new MemoryAuditTrail();
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fate, { maxLength: 12 }), fc.boolean(), async (fates, isInterleaved) => {
      const runId = `run ${count++}`;
      const lists = fates.map(recordsOf);
      const most = Math.max(0, ...lists.map(({ length }) => length));
      const turns = Array.from({ length: most }, (_, turn) => lists.flatMap((list) => list[turn] ?? []));
      const records = runOf(runId, isInterleaved ? turns.flat() : lists.flat());
      for (const trail of [memory, file]) await trail.append(records);
      const [expected, found] = [await historyOf(memory, runId), await historyOf(file, runId)];
      expect(found.rowCount).toBe(expected.rowCount);
      expect(found.pages.rows.flat()).toEqual(expected.pages.rows.flat());
      expect(found.pages.outlines.flat()).toEqual(expected.pages.outlines.flat());
    }),
    { numRuns: runs(40, 300) },
  );
});

const SUCCEEDED = ['ok', 'entry'] as const;

test('many rows come in pages, each row once, also where a page ends amid those that came together', async () => {
  const file = openTrail();
  const count = 2_300;
  const lists = Array.from({ length: count }, (_, rowIndex) =>
    recordsOf({ rowIndex, steps: SUCCEEDED, isLarge: false }),
  );
  await file.append([BATCH, ...[0, 1, 2].flatMap((turn) => lists.map((list) => list[turn]!))]);
  const { rowCount, pages } = await historyOf(file);
  expect(rowCount).toBe(count);
  const indices = Array.from({ length: count }, (_, rowIndex) => ({ rowIndex }));
  for (const list of [pages.rows, pages.outlines]) {
    expect(list.flat()).toMatchObject(indices);
    expect(Math.max(...list.map(({ length }) => length))).toBeLessThanOrEqual(1_000);
  }
});

test.runIf(isStress)('a page with large results has few rows', async () => {
  const file = openTrail();
  const content = 'x'.repeat(2 ** 20);
  const records = [0, 1, 2].map((turn) =>
    Array.from({ length: 10 }, (_, rowIndex) => {
      if (turn === 0) return rowOf(rowIndex, rowIndex);
      const value = `${content}${rowIndex}`;
      return turn === 1 ? attemptOf(rowIndex, 1, 'ok', value) : entryOf(rowIndex, 1, 'ok', value);
    }),
  );
  await file.append([BATCH, ...records.flat()]);
  const { pages } = await historyOf(file);
  expect(pages.rows.flat()).toMatchObject(Array.from({ length: 10 }, (_, rowIndex) => ({ rowIndex })));
  expect(Math.max(...pages.rows.map(({ length }) => length))).toBeLessThanOrEqual(8);
  expect(pages.outlines).toHaveLength(1);
  const stored: number[] = [];
  for await (const page of file.records({ kinds: ['attempt'] })) stored.push(page.length);
  expect(Math.max(...stored)).toBeLessThanOrEqual(8);
});
