import type { AuditRecord, AuditTrail, RowHistory, RowOutline, RunHistory } from './audit-trail.ts';
import { outlineOf, RowStory } from './row-story.ts';

/** Keeps all records in memory: for tests and small runs. "Durable" means no more than "in the array". */
export class MemoryAuditTrail implements AuditTrail {
  readonly #records: AuditRecord[] = [];

  /** All records in the order in which they were appended. */
  get records(): readonly AuditRecord[] {
    return this.#records;
  }

  append(records: readonly AuditRecord[]): Promise<void> {
    // a copy: the caller may change what it is given once it is on record
    for (const record of records) this.#records.push(structuredClone(record));
    return Promise.resolve();
  }

  history(runId: string): Promise<RunHistory | undefined> {
    const records = this.#records.filter((record) => record.runId === runId);
    const batch = records.find((record) => record.kind === 'batch');
    if (batch === undefined) return Promise.resolve(undefined);
    const histories = historiesOf(records);
    const rowCount = histories.length;
    const outlines = () => onePage(outlinesOf(histories, records));
    return Promise.resolve({ runId, batch, rowCount, outlines, rows: () => onePage(histories) });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function historiesOf(records: readonly AuditRecord[]): readonly RowHistory[] {
  const byState = new Map<string, RowStory>();
  const byIndex = new Map<number, RowStory>();
  for (const record of records) {
    if (record.kind === 'row' && !byState.has(record.stateId)) {
      const story = new RowStory(record);
      byState.set(record.stateId, story);
      byIndex.set(record.rowIndex, story);
    }
    if (record.kind === 'dispatch') {
      const { rowIndices, attempts } = record;
      rowIndices.forEach((index, position) => byIndex.get(index)?.dispatched(attempts[position] as number));
    } else if ('stateId' in record) {
      byState.get(record.stateId)?.add(record);
    }
  }
  return Array.from(byState.values(), ({ history }) => history);
}

function outlinesOf(
  histories: readonly RowHistory[],
  records: readonly AuditRecord[],
): readonly RowOutline[] {
  const hashes = new Map<number, string>();
  // a run may have been continued with another row in the place of one: the last counts
  for (const record of records) if (record.kind === 'row') hashes.set(record.rowIndex, record.requestSha256);
  return histories.map((history) => ({
    ...outlineOf(history),
    requestSha256: hashes.get(history.rowIndex) as string,
  }));
}

/** A copy: what is on record stays as it is. */
async function* onePage<Row>(rows: readonly Row[]): AsyncGenerator<readonly Row[]> {
  if (rows.length > 0) yield structuredClone(rows);
}
