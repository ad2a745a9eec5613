import { describe, expect } from 'vitest';
import { FileLines } from '../../src/cli/file-lines.ts';
import { LineComparison } from '../../src/cli/line-comparison.ts';
import { test } from '../helpers/cli.ts';

const linesOf = (count: number, text = 'line') =>
  Array.from({ length: count }, (_, n) => `${text} ${n}\n`).join('');

describe('LineComparison', () => {
  /** What is said of a file with this content, when that was expected. */
  async function messages(
    path: string,
    expected: readonly string[],
    isAcceptable: (expected: string, found: string) => boolean = () => false,
  ): Promise<string[]> {
    const comparison = new LineComparison({
      file: 'out',
      lines: new FileLines(path, { gzip: false }),
      isAcceptable,
    });
    for (const text of expected) await comparison.write(text);
    return (await comparison.end()).map(({ message }) => message);
  }

  test.for<[what: string, found: string, expected: string[], said: string[]]>([
    ['the same', linesOf(3), [linesOf(3)], []],
    ['the same, and long', linesOf(20_000), [linesOf(20_000)], []],
    ['the same, in pieces', 'a\nb\n', ['a\n', 'b', '\n'], []],
    ['the same, without a last line feed', 'a\nb', ['a\nb'], []],
    ['another line', 'a\nbx\n', ['a\nby\n'], ['out:2:2 differs: expected by, found bx']],
    [
      'a text without its last line feed',
      'a',
      ['a\n'],
      ['out:1:2 differs: expected a, found a (without a line feed)'],
    ],
    [
      'lines too few',
      'a\n',
      [linesOf(1, 'a'), 'b\n', 'c\n'],
      ['out:1:2 differs: expected a 0, found a', 'out ends after line 1: 2 more lines are missing'],
    ],
    [
      'lines too many',
      linesOf(4),
      [linesOf(1)],
      ['out has 3 more lines than results on record, from line 2 on'],
    ],
  ])('%s', async ([, found, expected, said], { folder }) => {
    folder.write('out', found);
    expect(await messages(`${folder.path}/out`, expected)).toEqual(said);
  });

  test('of many lines that differ ten are told, and the number of the others', async ({ folder }) => {
    folder.write('out', linesOf(25));
    const said = await messages(`${folder.path}/out`, [linesOf(25, 'Line')]);
    expect(said).toHaveLength(11);
    expect(said.at(-2)).toBe('out:10:1 differs: expected Line 9, found line 9');
    expect(said.at(-1)).toBe('15 more lines of out differ');
    folder.write('out', linesOf(11));
    const one = await messages(`${folder.path}/out`, [linesOf(11, 'Line')]);
    expect(one.at(-1)).toBe('1 more line of out differs');
  });

  test('long lines are shown around their first difference', async ({ folder }) => {
    const pad = 'é'.repeat(400);
    folder.write('out', `${pad}1${pad}\n`);
    const [said] = await messages(`${folder.path}/out`, [`${pad}2${pad}\n`]);
    expect(said).toMatch(/^out:1:801 differs: expected …é{20}2é+\S?…, found …é{20}1é+\S?…$/);
  });

  test('what may stand for an expected line does not differ', async ({ folder }) => {
    folder.write('out', 'A\nB\n');
    const sameWord = (expected: string, found: string) => expected.toUpperCase() === found;
    expect(await messages(`${folder.path}/out`, ['a\nc\n'], sameWord)).toEqual([
      'out:2:1 differs: expected c, found B',
    ]);
  });
});
