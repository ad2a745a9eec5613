import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineSplitter } from '../../src/cli/line-splitter.ts';
import { NOT_UTF8 } from '../../src/cli/text-encoding.ts';
import { BLOCK_BYTES, readBlocks } from '../../src/cli/read-blocks.ts';
import { listRows } from '../helpers/input-rows.ts';

/** Reads bytes in chunks that end at the given places. */
function split(bytes: Buffer, cuts: readonly number[] = [], splitter = new LineSplitter()) {
  const ends = [...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
  const rows = ends.flatMap((end, index) =>
    listRows(splitter.push(bytes.subarray(ends[index - 1] ?? 0, end))),
  );
  return [...rows, ...listRows(splitter.end())];
}

/** The same, read from a file. */
async function splitFile(bytes: Buffer, cuts: readonly number[] = []) {
  const ends = [...new Set([...cuts, bytes.length])].sort((a, b) => a - b);
  let from = 0;
  const read = (buffer: Buffer, offset: number, length: number) => {
    const end = Math.min(ends.find((cut) => cut > from) ?? from, from + length, bytes.length);
    const copied = bytes.copy(buffer, offset, from, end);
    from = end;
    return Promise.resolve(copied);
  };
  const splitter = new LineSplitter();
  const rows = [];
  for await (const block of readBlocks(read)) rows.push(...listRows(splitter.push(block)));
  return [...rows, ...listRows(splitter.end())];
}

const row = (line: number, text: string) => ({ line, text, problem: undefined });

describe('LineSplitter', () => {
  test('wherever chunks end, the rows are the lines that are not blank, with their numbers', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '"', ' ', '\t', '\r', '\n', 'é', '€', '😀', '\u2028', '\uFEFF'),
    });
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(60)), async (content, cuts) => {
        const lines = content.replace(/^\uFEFF/, '').split('\n');
        const expected = lines
          .map((line, index) => row(index + 1, line.replace(/\r$/, '')))
          .filter((line) => /[^ \t\r]/.test(line.text));
        expect(split(Buffer.from(content), cuts)).toEqual(expected);
        expect(await splitFile(Buffer.from(content), cuts)).toEqual(expected);
      }),
    );
  });

  test('lines that are longer than a block, or than the room before one, are whole', async () => {
    const lines = [300, 20_000, BLOCK_BYTES + 1, 5, 3 * BLOCK_BYTES, 1].map((length, index) =>
      String(index).repeat(length),
    );
    expect(await splitFile(Buffer.from(lines.join('\n')))).toEqual(
      lines.map((line, index) => row(index + 1, line)),
    );
  });

  test('only \\n ends a line, and \\r before it belongs to the end', () => {
    expect(split(Buffer.from('a\r\nb\rc\u2028d\r\n'))).toEqual([row(1, 'a'), row(2, 'b\rc\u2028d')]);
  });

  test.for(['\n', '\r\n'])(
    'a line that is not UTF-8 is a row with a problem, and breaks no other: %j',
    (lineBreak) => {
      const bytes = Buffer.from(['a\xff', '\xef\xbf\xbd', 'b'].join(lineBreak), 'latin1');
      const [broken, ...others] = split(bytes);
      expect(broken).toEqual({ line: 1, text: 'a\uFFFD', problem: NOT_UTF8 });
      expect(others).toEqual([row(2, '\uFFFD'), row(3, 'b')]);
    },
  );

  test('a line that is too long is a row with a problem, and the next line is read', () => {
    const found = split(Buffer.from('1234\n12345\n1234\n123456789'), [7, 8], new LineSplitter(4));
    const problem = 'longer than 4 bytes';
    expect(found).toEqual([
      row(1, '1234'),
      { line: 2, text: '', problem },
      row(3, '1234'),
      { line: 4, text: '', problem },
    ]);
  });
});
