import type { RecordOf } from './readable-trail.ts';

/** The calls of one row. */
interface RowCalls {
  nextIndex: number;
  /** Indices of calls that have not ended. */
  readonly open: Set<number>;
}

/** Checks that each call of a row has an index of its own and ends at most once. */
export class CallCheck {
  /** Rows with calls that have no result, or may run again, by state id. */
  readonly #rows = new Map<string, RowCalls>();

  /** What is wrong with the call; undefined for nothing. */
  add({ stateId, callIndex, phase }: RecordOf<'call'>): string | undefined {
    const calls = this.#rows.get(stateId) ?? { nextIndex: 0, open: new Set() };
    this.#rows.set(stateId, calls);
    if (phase !== 'request') {
      return calls.open.delete(callIndex) ? undefined : `call ${callIndex} ended, and was not under way`;
    }
    const expected = calls.nextIndex;
    calls.nextIndex = Math.max(calls.nextIndex, callIndex + 1);
    calls.open.add(callIndex);
    if (callIndex < expected) return `call index ${callIndex} is used twice`;
    return undefined;
  }

  /** The row succeeded: it makes no further calls. */
  forget(stateId: string): void {
    this.#rows.delete(stateId);
  }
}
