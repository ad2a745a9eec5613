import { expect, test } from 'vitest';
import { FlightTable } from '../../src/core/flight-table.ts';

test('FlightTable knows what is in flight, by lane', () => {
  const table = new FlightTable<{ sliceId: number }>(3);
  expect(table.size).toBe(0);
  table.set(0, { sliceId: 7 });
  table.set(2, { sliceId: 8 });
  expect(table.size).toBe(2);
  expect(table.list()).toEqual([{ sliceId: 7 }, { sliceId: 8 }]);
  expect([table.get(0), table.get(1), table.get(2)]).toEqual([{ sliceId: 7 }, undefined, { sliceId: 8 }]);
  table.delete(2);
  expect(table.size).toBe(1);
  table.delete(2);
  expect(table.size).toBe(1);
  expect(table.list()).toEqual([{ sliceId: 7 }]);
  table.set(0, { sliceId: 9 });
  expect(table.size).toBe(1);
});
