import { describe, expect, test } from 'vitest';
import { failure, lost, type Outcome } from '../../src/core/outcome.ts';
import { move, takeOver } from '../../src/core/moved.ts';
import { toReport, unfinishedIn, UNTOUCHED } from '../../src/engine/slice-columns.ts';

describe('unfinishedIn: what goes back of a row that was handed over', () => {
  const contentOf = () => takeOver(move({ bytes: new Uint8Array(8) }))!;
  const refusal: Outcome = {
    status: 'capacity',
    statusCode: 503,
    error: { code: 'transform_error', message: '' },
  };
  const ran = (outcome?: Outcome) => ({
    times: [1, 2],
    others: outcome === undefined ? [] : [[0, outcome] as const],
  });

  test.each([
    ['did not begin', UNTOUCHED],
    ['was refused', ran(refusal)],
    ['lost its chance', ran(lost(new Error('shut down'), 'bystander'))],
  ])('all of one that %s', (_, slice) => {
    const moved = contentOf();
    expect(unfinishedIn({ rows: { moved } }, slice)).toBe(moved);
    expect(unfinishedIn({ rows: '[1]' }, slice)).toBeUndefined();
  });

  test.each([
    ['succeeded', ran()],
    ['failed', ran(failure('transform_error', 'no'))],
  ])('nothing of one that %s', (_, slice) => {
    expect(unfinishedIn({ rows: { moved: contentOf() } }, slice)).toBeUndefined();
  });

  test('nothing of one that the transform has given away', () => {
    const moved = contentOf();
    structuredClone(moved.value, { transfer: [...moved.buffers] });
    expect(unfinishedIn({ rows: { moved } }, ran(refusal))).toBeUndefined();
  });
});

test.each([[[1, 2]], [Float64Array.of(1, 2)]])(
  'toReport: times are the same whichever way they came',
  (times) => {
    expect(toReport({ outputs: '[1]', others: [], times }).times).toEqual(Float64Array.of(1, 2));
  },
);
