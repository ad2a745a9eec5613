import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Cells } from '../../src/engine/cells.ts';

const BYTES = 4_096;
const primitive = fc.oneof(
  fc.constantFrom(undefined, null, true, false),
  fc.double(),
  fc.bigInt(),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 100 }),
  fc.string({ unit: fc.constantFrom('a', '€', '\ud800'), maxLength: 100 }),
);

function writeAll(cells: Cells, values: readonly unknown[]): number {
  let at = 0;
  for (const value of values) at = cells.write(at, value, BYTES) ?? expect.unreachable('it does not fit in');
  return at;
}

describe('Cells', () => {
  test('what was written is read again, one behind the other', () => {
    fc.assert(
      fc.property(fc.array(primitive, { maxLength: 15 }), (values) => {
        const cells = new Cells(new SharedArrayBuffer(BYTES), 0, BYTES);
        writeAll(cells, values);
        expect(cells.read(0, values.length)).toEqual(values);
      }),
    );
  });

  test('a value that ends at the limit is written, and refused when the limit is any nearer', () => {
    fc.assert(
      fc.property(primitive, (value) => {
        const cells = new Cells(new SharedArrayBuffer(BYTES), 0, BYTES);
        const end = writeAll(cells, [value]);
        expect(cells.write(0, value, end)).toBe(end);
        expect(cells.write(0, value, end - 1)).toBeUndefined();
      }),
    );
  });
});
