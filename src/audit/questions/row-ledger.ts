import type { Entry } from '../../core/entry.ts';
import type { RowErrorCode } from '../../core/row-error.ts';
import type { AttemptRecord } from '../audit-trail.ts';

/** What is known of a row at some point of its run. */
export interface RowState {
  /** Whether the row itself is on record; one that can't be cloned has only an entry. */
  readonly submitted: boolean;
  /** The number of its last attempt; 0 for none. */
  readonly attempts: number;
  /** How that attempt ended. */
  readonly outcome: 'none' | AttemptRecord['outcome'];
  readonly result: RowResult;
}

/** What the last entry of a row says; `none` while it has no entry. */
export type RowResult = 'none' | 'success' | RowErrorCode;

export const RESULTS: readonly RowResult[] = [
  'none',
  'success',
  'transform_error',
  'rejected',
  'capacity_retry_timeout',
  'attempt_timeout',
  'worker_lost',
  'shutdown_requested',
  'aborted',
];

const OUTCOMES: readonly RowState['outcome'][] = ['none', 'ok', 'capacity', 'failed', 'lost'];

const PAGE_ROWS = 64;
/** The bits of a row's flags: one for `submitted`, three for `outcome`, four for `result`. */
const SUBMITTED = 1;
const OUTCOME_SHIFT = 1;
const OUTCOME_MASK = 7;
const RESULT_SHIFT = 4;

interface LedgerPage {
  readonly attempts: Uint32Array;
  /** 0 for a row of which nothing is known. */
  readonly flags: Uint8Array;
}

/** The state of each row of a run, five bytes each where the indices are dense. */
export class RowLedger {
  readonly #pages = new Map<number, LedgerPage>();

  of(rowIndex: number): RowState {
    const page = this.#pages.get(Math.floor(rowIndex / PAGE_ROWS));
    return stateIn(page, rowIndex % PAGE_ROWS);
  }

  /** Changes what is known of a row, and leaves the rest as it is. */
  note(rowIndex: number, change: Partial<RowState>): void {
    const { submitted, attempts, outcome, result } = { ...this.of(rowIndex), ...change };
    const page = this.#pageOf(rowIndex);
    const position = rowIndex % PAGE_ROWS;
    page.attempts[position] = attempts;
    page.flags[position] =
      (submitted ? SUBMITTED : 0) |
      (OUTCOMES.indexOf(outcome) << OUTCOME_SHIFT) |
      (RESULTS.indexOf(result) << RESULT_SHIFT);
  }

  /** Calls `visit` for each row of which something is known, in the order of their indices. */
  forEach(visit: (rowIndex: number, state: RowState) => void): void {
    for (const [number, page] of [...this.#pages].sort(([one], [other]) => one - other)) {
      for (let position = 0; position < PAGE_ROWS; position++) {
        const isKnown = page.flags[position] !== 0 || page.attempts[position] !== 0;
        if (isKnown) visit(number * PAGE_ROWS + position, stateIn(page, position));
      }
    }
  }

  #pageOf(rowIndex: number): LedgerPage {
    const number = Math.floor(rowIndex / PAGE_ROWS);
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = { attempts: new Uint32Array(PAGE_ROWS), flags: new Uint8Array(PAGE_ROWS) };
      this.#pages.set(number, page);
    }
    return page;
  }
}

/** What an entry says of its row. */
export function resultOf({ result }: Pick<Entry<unknown>, 'result'>): RowResult {
  return result.status === 'success' ? 'success' : result.error.code;
}

/** Whether a result ends the row; an aborted one may still be run again. */
export function isTerminal(result: RowResult): boolean {
  return result !== 'none' && result !== 'aborted' && result !== 'shutdown_requested';
}

function stateIn(page: LedgerPage | undefined, position: number): RowState {
  const flags = page?.flags[position] ?? 0;
  return {
    submitted: (flags & SUBMITTED) !== 0,
    attempts: page?.attempts[position] ?? 0,
    outcome: OUTCOMES[(flags >> OUTCOME_SHIFT) & OUTCOME_MASK] as RowState['outcome'],
    result: RESULTS[flags >> RESULT_SHIFT] as RowResult,
  };
}
