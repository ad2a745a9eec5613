import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RowLedger, type RowState } from '../../../src/audit/questions/row-ledger.ts';

const anyState: fc.Arbitrary<RowState> = fc.record({
  submitted: fc.boolean(),
  attempts: fc.nat(1_000_000),
  outcome: fc.constantFrom('none', 'ok', 'capacity', 'failed', 'lost'),
  result: fc.constantFrom('none', 'success', 'transform_error', 'worker_lost', 'aborted'),
});

describe('RowLedger', () => {
  test('remembers what was noted of each row, and nothing of others', () => {
    const index = fc.oneof(fc.nat(300), fc.maxSafeNat());
    fc.assert(
      fc.property(fc.array(fc.tuple(index, anyState)), (notes) => {
        const ledger = new RowLedger();
        for (const [row, state] of notes) ledger.note(row, state);
        const known = new Map(notes);
        for (const [row, state] of known) expect(ledger.of(row)).toEqual(state);
        const visited = new Map<number, RowState>();
        ledger.forEach((row, state) => visited.set(row, state));
        const isEmpty = ({ submitted, attempts, outcome, result }: RowState) =>
          !submitted && attempts === 0 && outcome === 'none' && result === 'none';
        for (const [row, state] of known) if (isEmpty(state)) known.delete(row);
        expect(visited).toEqual(known);
      }),
    );
  });

  test('a note changes only what it says', () => {
    const ledger = new RowLedger();
    ledger.note(7, { submitted: true });
    ledger.note(7, { attempts: 2, outcome: 'ok' });
    ledger.note(7, { result: 'success' });
    expect(ledger.of(7)).toEqual({ submitted: true, attempts: 2, outcome: 'ok', result: 'success' });
  });
});
