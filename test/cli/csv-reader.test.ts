import fc from 'fast-check';
import { stringify } from 'csv-stringify/sync';
import { describe, expect, test } from 'vitest';
import { CsvReader } from '../../src/cli/csv-reader.ts';
import { NOT_UTF8 } from '../../src/cli/text-encoding.ts';
import { listRows } from '../helpers/input-rows.ts';

/** Reads text in chunks of the given size. */
async function read(text: string | Buffer, chunkSize = 1_000) {
  const reader = new CsvReader('in.csv');
  const bytes = Buffer.from(text as string); // a copy, of bytes too
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

  test.for([
    ...[1, 2, 3, 5, 1_000].map((size) => ['\n', size] as const),
    ...[1, 2, 3, 5, 1_000].map((size) => ['\r\n', size] as const),
  ])(
    'a record that is not UTF-8 is a row with a problem, and costs no other (%j, chunks of %i)',
    async ([lineBreak, size]) => {
      const records = [
        '\uFEFFa,b',
        '1,é',
        '2,\uFFFD',
        'LATIN,€',
        `3,"x${lineBreak}LATIN${lineBreak}😀"`,
        '4,\uFFFD',
        'LATIN"x"y,z',
        '5,\uFFFD',
        '',
        '6,LATIN',
      ];
      const latin = Buffer.from('\xe9', 'latin1');
      const parts = records
        .join(lineBreak)
        .split('LATIN')
        .map((part) => Buffer.from(part));
      const bytes = Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [latin, part])));
      const rows = await read(bytes, size);
      expect(rows.map(({ line, problem }) => [line, problem?.replace(/:.*/, '')])).toEqual([
        [2, undefined],
        [3, undefined],
        [4, 'it is not UTF-8'],
        [5, 'it is not UTF-8'],
        [8, undefined],
        [9, 'Invalid Opening Quote'],
        [10, undefined],
        [12, 'it is not UTF-8'],
      ]);
      expect(rows.at(2)?.text).toBe('["\uFFFD","€"]');
    },
  );

  test('a character that the input cuts off is not UTF-8', async () => {
    const rows = await read(Buffer.from('a\n1\n€').subarray(0, -1));
    expect(rows.map(({ problem }) => problem)).toEqual([undefined, NOT_UTF8]);
  });

  test('a header that is not UTF-8 is told as that', async () => {
    await expect(read(Buffer.from('a,\xe9\n1,2\n', 'latin1'))).rejects.toThrow(
      `Cannot read in.csv: The header can't be read: ${NOT_UTF8}`,
    );
  });

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
