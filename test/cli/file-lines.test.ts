import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';

import { DamagedFileError, FileLines } from '../../src/cli/file-lines.ts';
import { test } from '../helpers/cli.ts';

const LONG = 'x'.repeat(300_000); // several chunks of a file

async function linesOf(path: string, gzip = false): Promise<string[]> {
  const file = new FileLines(path, { gzip });
  const lines: string[] = [];
  for (let line = await file.next(); line !== undefined; line = await file.next()) lines.push(line);
  return lines;
}

describe('FileLines', () => {
  test.for([
    ['none', '', []],
    ['an empty one', '\n', ['\n']],
    ['the last one without its line feed', 'a\nb', ['a\n', 'b']],
    ['longer ones than a chunk', `${LONG}\n${LONG}\nend`, [`${LONG}\n`, `${LONG}\n`, 'end']],
    ['one that is longer than a chunk and has no line feed', LONG, [LONG]],
  ] as const)('gives the lines of a file: %s', async ([, text, lines], { folder }) => {
    folder.write('plain', text);
    folder.write('packed', gzipSync(text));
    expect(await linesOf(`${folder.path}/plain`)).toEqual(lines);
    expect(await linesOf(`${folder.path}/packed`, true)).toEqual(lines);
  });

  test('a file that can not be read is a usage error that names it', async ({ folder }) => {
    const missing = `${folder.path}/missing`;
    await expect(linesOf(missing)).rejects.toThrow(new RegExp(`^Cannot read ${missing}: ENOENT`));
  });

  test('what is no gzip, or not all of one, is a damaged file', async ({ folder }) => {
    folder.write('broken.gz', 'no gzip');
    await expect(linesOf(`${folder.path}/broken.gz`, true)).rejects.toThrow(DamagedFileError);
    folder.write('cut.gz', gzipSync('line\n'.repeat(10_000)).subarray(0, 40));
    await expect(linesOf(`${folder.path}/cut.gz`, true)).rejects.toThrow(
      new DamagedFileError('unexpected end of file'),
    );
  });
});
