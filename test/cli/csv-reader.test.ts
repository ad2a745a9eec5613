import fc from 'fast-check';
import { stringify } from 'csv-stringify/sync';
import { describe, expect, test } from 'vitest';
import { CsvReader } from '../../src/cli/csv-reader.ts';
import { listRows } from '../helpers/input-rows.ts';

/** Reads text in chunks of the given size. */
async function read(text: string, chunkSize = 1_000) {
  const reader = new CsvReader('in.csv');
  const bytes = Buffer.from(text);
  const rows = [];
  for (let start = 0; start < bytes.length; start += chunkSize) {
    rows.push(...listRows(await reader.push(bytes.subarray(start, start + chunkSize))));
  }
  return [...rows, ...listRows(await reader.end())];
}

const field = fc.string({ unit: fc.constantFrom('a', '"', ',', ' ', '\n', '\r\n', 'é', '😀'), minLength: 1 });

describe('CsvReader', () => {
  test('wherever chunks end, the rows are what was written, with the lines they start on', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(field, field)),
        fc.integer({ min: 1, max: 9 }),
        async (records, size) => {
          let line = 2;
          const expected = records.map(([a, b]) => {
            const row = { line, text: JSON.stringify({ a, b }), problem: undefined };
            line += 1 + (a + b).split('\n').length - 1;
            return row;
          });
          const text = `a,b\n${stringify(records)}short\n`;
          const short = { line, text: '["short"]', problem: '1 field, where the header has 2' };
          expect(await read(text, size)).toEqual([...expected, short]);
        },
      ),
    );
  });

  test.for([1, 1_000])(
    'a malformed record is a row with a problem, and the next line is a record (chunks of %i)',
    async (size) => {
      const rows = await read('a,b\n1,x"y"z\n\n"q"w,1\n5,6\n7\n8,"open\n9,10\n', size);
      expect(rows.map(({ line, problem }) => [line, problem?.replace(/:.*/, '')])).toEqual([
        [2, 'Invalid Opening Quote'],
        [4, 'Invalid Closing Quote'],
        [5, undefined],
        [6, '1 field, where the header has 2'],
        [7, 'a quote that is opened here is never closed'],
      ]);
    },
  );

  test('a column may have any name', async () => {
    const [row] = await read('__proto__,constructor,\n1,2,3\n');
    expect(row?.text).toBe('{"__proto__":"1","constructor":"2","":"3"}');
  });

  test.for([
    ['a,b,a\n', "Cannot read in.csv: The header names the column 'a' twice"],
    ['a,"b\n1,2', "Cannot read in.csv: The header can't be read: Quote Not Closed"],
  ])('no rows without a header: %j', async ([text = '', message = '']) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  test.for(['', '\n\n', 'a,b', 'a,b\n'])('no rows: %j', async (text) => {
    expect(await read(text)).toEqual([]);
  });
});
