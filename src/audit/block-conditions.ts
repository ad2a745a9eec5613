import type { SQLInputValue } from 'node:sqlite';
import { generatedRowIndex } from '../core/generated-id.ts';
import { WIDEST_BLOCK } from './block.ts';
import type { RecordFilter } from './stored-record.ts';

/** Conditions on the table `block`, and the values in them. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

/** A row of a run. */
export interface Identity {
  readonly run: number;
  readonly stateId: string;
  readonly rowIndex: number;
}

/** Blocks, but not those of calls, that could be about rows in a range. */
export function nearRows(first: number, last: number): Condition {
  return {
    // looked up beforehand, so that the blocks are not gone through one by one
    sql: `seq IN (
      SELECT seq FROM block WHERE first_row BETWEEN ? AND ? AND last_row >= ?
      UNION ALL SELECT seq FROM block WHERE first_row IS NULL AND last_row IS NULL AND kind = 'dispatch')`,
    values: [first - WIDEST_BLOCK, last, first],
  };
}

function aboutRow({ run, stateId, rowIndex }: Identity): Condition {
  const near = nearRows(rowIndex, rowIndex);
  const calls = callsOf(run, stateId);
  return {
    sql: `(run = ? AND ${near.sql} OR ${calls.sql})`,
    values: [run, ...near.values, ...calls.values],
  };
}

/** Blocks, but not those of calls, that could be about a row with this state id. */
export function mentions(stateId: string): Condition {
  const text = JSON.stringify(stateId);
  const index = generatedRowIndex(stateId);
  return either([
    { sql: 'instr(body, ?) > 0 OR instr(common, ?) > 0', values: [text, text] },
    ...(index === undefined ? [] : [nearRows(index, index)]),
  ]);
}

/** Between which keys the calls of a run lie. */
export function callKeysOf(run: number): { readonly start: string; readonly end: string } {
  return { start: `${run} `, end: `${run}!` };
}

/** The calls of a row: their keys all begin alike. */
export function callsOf(run: number, stateId: string): Condition {
  const start = `${run} ${JSON.stringify(stateId)}`;
  return { sql: '(call_key >= ? AND call_key < ?)', values: [`${start} `, `${start}!`] };
}

export function both(conditions: readonly Condition[]): Condition {
  return {
    sql: conditions.length === 0 ? 'TRUE' : conditions.map(({ sql }) => sql).join(' AND '),
    values: conditions.flatMap(({ values }) => values),
  };
}

function either(conditions: readonly Condition[]): Condition {
  if (conditions.length === 0) return { sql: 'FALSE', values: [] };
  return {
    sql: `(${conditions.map(({ sql }) => sql).join(' OR ')})`,
    values: conditions.flatMap(({ values }) => values),
  };
}

export function conditionOf(
  { kinds }: RecordFilter,
  run: number | null | undefined,
  rows: readonly Identity[] | undefined,
): Condition {
  return both([
    ...(run === undefined ? [] : [{ sql: 'run = ?', values: [run] }]),
    ...(kinds === undefined
      ? []
      : [{ sql: 'kind IN (SELECT value FROM json_each(?))', values: [JSON.stringify(kinds)] }]),
    ...(rows === undefined ? [] : [either(rows.map(aboutRow))]),
  ]);
}
