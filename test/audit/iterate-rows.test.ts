import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { iterateRows } from '../../src/audit/iterate-rows.ts';
import { collectGarbage } from '../helpers/collect-garbage.ts';

const NUMBERS = `WITH RECURSIVE number(n) AS (SELECT ? UNION ALL SELECT n + 1 FROM number WHERE n < 5) SELECT n FROM number`;

test('iterateRows: the rows of a statement that nobody else holds, also when garbage is collected between them', async () => {
  const database = new DatabaseSync(':memory:');
  const numbers: unknown[] = [];
  for (const { n } of iterateRows(database.prepare(NUMBERS), 1)) {
    numbers.push(n);
    await collectGarbage();
  }
  database.close();
  expect(numbers).toEqual([1, 2, 3, 4, 5]);
});
