import type { AuditRecord, RecordFilter, RunSummary, StoredRecord } from '../../src/index.ts';
import type { ChainedTrail } from '../../src/audit/questions/verify-run.ts';

type OfRow = Extract<AuditRecord, { readonly rowIndex: number }>;

const PAGE_RECORDS = 7;

/** Records in memory as a trail that can be asked. Its chain is always whole. */
export function readable(records: readonly AuditRecord[]): ChainedTrail {
  return {
    records: (filter = {}) => pagesOf(records, filter),
    runs: () => Promise.resolve(runsOf(records)),
    verifyChain: () =>
      Promise.resolve({ intact: true, records: records.length, headHash: 'head', problems: [] }),
  };
}

async function* pagesOf(
  records: readonly AuditRecord[],
  filter: RecordFilter,
): AsyncGenerator<readonly StoredRecord[]> {
  const row = records.find((record) => 'rowIndex' in record && isMeant(record, filter));
  const stored = records
    .map((record, index) => ({ seq: index + 1, hash: '', record }))
    .filter(({ record }) => lets(filter, record) && (!isOfOneRow(filter) || isAbout(record, row)));
  for (let start = 0; start < stored.length; start += PAGE_RECORDS)
    yield stored.slice(start, start + PAGE_RECORDS);
}

function lets({ runId, kinds }: RecordFilter, record: AuditRecord): boolean {
  return (
    (runId === undefined || record.runId === runId) && (kinds === undefined || kinds.includes(record.kind))
  );
}

function isOfOneRow({ stateId, rowIndex }: RecordFilter): boolean {
  return stateId !== undefined || rowIndex !== undefined;
}

function isMeant(record: OfRow, { runId, stateId, rowIndex }: RecordFilter): boolean {
  return (
    (runId === undefined || record.runId === runId) &&
    (stateId === undefined || record.stateId === stateId) &&
    (rowIndex === undefined || record.rowIndex === rowIndex)
  );
}

function isAbout(record: AuditRecord, row: AuditRecord | undefined): boolean {
  if (row === undefined || !('rowIndex' in row)) return false;
  if (record.kind === 'dispatch') return record.rowIndices.includes(row.rowIndex);
  return 'stateId' in record && record.stateId === row.stateId;
}

function runsOf(records: readonly AuditRecord[]): readonly RunSummary[] {
  return Array.from(
    Map.groupBy(records, ({ runId }) => runId),
    ([runId, own]) => {
      const count = (kind: AuditRecord['kind']) => own.filter((record) => record.kind === kind).length;
      return {
        runId,
        startedAt: own[0]?.at ?? 0,
        batches: count('batch'),
        rows: count('row'),
        attempts: count('attempt'),
        calls: count('call'),
        entries: count('entry'),
      };
    },
  );
}
