import { describe, expect, test } from 'vitest';
import { failure, lost, type Outcome } from '../../src/core/outcome.ts';
import { isWhole, move, takeOver } from '../../src/core/moved.ts';
import { toReport, UNTOUCHED, withUnfinished, type SliceReturn } from '../../src/engine/slice-columns.ts';

describe('withUnfinished: what goes back of a row that was handed over', () => {
  const contentOf = (more: object = {}) => takeOver(move({ bytes: new Uint8Array(8).fill(3), ...more }))!;
  const refusal: Outcome = {
    status: 'capacity',
    statusCode: 503,
    error: { code: 'transform_error', message: 'busy' },
  };
  const loss = lost(new Error('shut down'), 'bystander');
  const ran = (outcome?: Outcome): SliceReturn => ({
    outputs: ['[]'],
    times: [1, 2],
    others: outcome === undefined ? [] : [[0, outcome]],
  });

  test.each([
    ['did not begin', UNTOUCHED],
    ['was refused', ran(refusal)],
    ['lost its chance', ran(loss)],
  ])('all of one that %s, in hands that can send it', (_, slice) => {
    const moved = contentOf();
    const sent = withUnfinished({ rows: { moved } }, slice);
    expect(sent.slice).toBe(slice);
    expect(sent.unfinished?.value).toEqual({ bytes: new Uint8Array(8).fill(3) });
    expect(sent.unfinished?.buffers).toEqual([new Uint8Array(8).fill(3).buffer]);
    expect(isWhole(moved)).toBe(false); // the transform may have kept it
    expect(withUnfinished({ rows: '[1]' }, slice)).toEqual({ slice });
  });

  test.each([
    ['succeeded', ran()],
    ['failed', ran(failure('transform_error', 'no'))],
  ])('nothing of one that %s', (_, slice) => {
    expect(withUnfinished({ rows: { moved: contentOf() } }, slice)).toEqual({ slice });
  });

  const given = contentOf();
  structuredClone(given.value, { transfer: [...given.buffers] });
  const changed = contentOf();
  Object.assign(changed.value as object, { helper: () => 1 });
  test.each([
    ['has been given away', given, 'its memory has been given away'],
    ['is no longer what a message can carry', changed, '() => 1 could not be cloned.'],
  ])('a refused one that %s has failed', (_, moved, reason) => {
    const { slice, unfinished } = withUnfinished({ rows: { moved } }, ran(refusal));
    expect(unfinished).toBeUndefined();
    expect(slice.others).toEqual([
      [
        0,
        failure(
          'transform_error',
          `Row was refused and can not be run again: it was moved, and can not go back: ${reason}`,
          { cause: refusal.error },
        ),
      ],
    ]);
    expect(withUnfinished({ rows: { moved } }, ran(loss))).toEqual({ slice: ran(loss) });
  });
});

test.each([[[1, 2]], [Float64Array.of(1, 2)]])(
  'toReport: times are the same whichever way they came',
  (times) => {
    expect(toReport({ outputs: '[1]', others: [], times }).times).toEqual(Float64Array.of(1, 2));
  },
);
