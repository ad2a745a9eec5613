import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { CsvResults } from '../../src/cli/csv-results.ts';

const error = { code: 'rejected', message: 'no' } as const;

describe('CsvResults', () => {
  test('what is read back is what was written', () => {
    const results = new CsvResults({ errorColumn: false });
    const text =
      results.success('{"a":"x\\"y\\n,z","b":1.50,"c":null,"d":[true]}') + results.success('{"b":false}');
    expect(parse(text)).toEqual([
      ['a', 'b', 'c', 'd'],
      ['x"y\n,z', '1.5', '', '[true]'],
      ['', 'false', '', ''],
    ]);
  });

  test('the error column steps aside for a column of that name', () => {
    const results = new CsvResults({ errorColumn: true });
    expect(results.success('{"error":1,"_error":2}')).toBe('error,_error,__error\n1,2,\n');
  });

  test('rows that fail before the columns are known wait for them', () => {
    const results = new CsvResults({ errorColumn: true });
    expect(results.failure(error)).toBe('');
    expect(results.success('{"a":1}')).toBe('a,error\n,rejected: no\n1,\n');
    expect(results.end()).toBe('');
  });

  test('when all rows fail there is only the error column', () => {
    const results = new CsvResults({ errorColumn: true });
    results.failure(error);
    expect(results.end()).toBe('error\nrejected: no\n');
  });

  test.each([
    ['[1]', 'an array'],
    ['null', 'null'],
    ['{}', 'an empty object'],
    ['5', 'a number'],
  ])('a result of %s is no row', (json, received) => {
    const results = new CsvResults({ errorColumn: true });
    expect(() => results.success(json)).toThrow(
      `CSV output takes objects with at least one key: received ${received}`,
    );
  });

  test('I13 no more than 10,000 rows wait', () => {
    const results = new CsvResults({ errorColumn: true });
    for (let row = 0; row < 10_000; row++) results.failure(error);
    expect(() => results.failure(error)).toThrow(/first 10000 rows have failed \(the first: no\).*--rejects/);
  });
});
