import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import { kindOf } from '../../src/cli/formats.ts';
import { fromLines, numbers, test, toLines, transform } from '../helpers/cli.ts';

const cases = transform('cli-cases.mjs');

describe('CSV', () => {
  test('rows are objects of strings; fields keep quotes, commas and line breaks', async ({ folder }) => {
    folder.write('in.csv', 'case,value,b\r\nvalue,"a, ""b""\nc",2\r\nvalue,é,\r\n');
    expect(await folder.ask('run', cases, 'in.csv')).toMatchObject({
      code: 0,
      stdout: '"a, \\"b\\"\\nc"\n"é"\n',
    });
  });

  test('a record that is malformed is the error of its row; the rest runs', async ({ folder }) => {
    folder.write('in.csv', 'case,value\nvalue,1\nvalue\nvalue,a"b\nvalue,2\n"value"x,3\nvalue,4\n');
    const { code, stdout } = await folder.ask('run', cases, 'in.csv', '--rejects', 'bad.ndjson');
    expect({ code, stdout }).toEqual({ code: 3, stdout: '"1"\n"2"\n"4"\n' });
    expect(fromLines(folder.read('bad.ndjson'))).toMatchObject([
      { line: 3, error: { message: 'line 3: 1 field, where the header has 2' }, row: ['value'] },
      { line: 4, error: { message: expect.stringMatching(/^line 4: Invalid Opening Quote/) as string } },
      { line: 6, error: { message: expect.stringMatching(/^line 6: Invalid Closing Quote/) as string } },
    ]);
  });

  test.for([
    ['in.csv', 'a,a\n1,2\n', "The header names the column 'a' twice"],
    ['in.ndjson.gz', '{"n":1}\n', 'incorrect header check'],
  ] as const)(
    'an input of which no row can be read is refused, and costs nothing that is there: %s',
    async ([input, text, why], { folder }) => {
      folder.write('good.ndjson', toLines(numbers(2)));
      folder.write(input, text);
      const run = (file: string) => folder.ask('run', transform('cli-double.mjs'), file, '-o', 'out.ndjson');
      expect(await run('good.ndjson')).toMatchObject({ code: 0 });
      const before = [folder.read('out.ndjson'), (await folder.ask('audit', 'out.ndjson.audit.db')).stdout];
      const { code, stderr } = await run(input);
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: `pooled-executor: Cannot read ${input}: ${why}\n`,
      });
      const after = [folder.read('out.ndjson'), (await folder.ask('audit', 'out.ndjson.audit.db')).stdout];
      expect(after).toEqual(before);
    },
  );

  test('CSV output: columns of the first row that succeeds, and always the error last', async ({
    folder,
  }) => {
    const values = [{ id: 1, text: 'a,b', nested: { x: [1] } }, { id: 2 }, { id: 3, other: 1 }, 5];
    const rows = values.map((value) => ({ case: 'value', value }));
    folder.write('in.ndjson', toLines([{ case: 'rejects' }, ...rows]));
    expect(await folder.ask('run', cases, 'in.ndjson', '-o', 'out.csv')).toMatchObject({ code: 3 });
    expect(folder.read('out.csv').split('\n')).toEqual([
      'id,text,nested,error',
      ',,,transform_error: too far',
      '1,"a,b","{""x"":[1]}",',
      '2,,,',
      ",,,transform_error: CSV output has no column 'other': its columns are those of the first row that succeeded",
      ',,,transform_error: CSV output takes objects with at least one key: received a number',
      '',
    ]);
  });

  test('with --rejects CSV output has no error column', async ({ folder }) => {
    folder.write('in.ndjson', toLines([{ case: 'rejects' }, { case: 'value', value: { a: '' } }]));
    const args = ['run', cases, 'in.ndjson', '--rejects', 'bad.ndjson', '-o', 'out.csv'];
    const { stdout } = await folder.ask(...args);
    expect(stdout).toBe('');
    expect(folder.read('out.csv')).toBe('a\n""\n');
  });

  test('--format is for pipes, on both sides', async ({ folder }) => {
    const result = await folder.run(['run', transform('cli-double.mjs'), '--format', 'csv'], 'n\n1\n2');
    expect(result).toMatchObject({ code: 0, stdout: 'n,double,error\n1,2,\n2,4,\n' });
  });
});

describe('gzip', () => {
  test('in and out by extension', async ({ folder }) => {
    folder.write('in.ndjson.gz', gzipSync(toLines(numbers(1_000))));
    const { code } = await folder.ask('run', transform('cli-double.mjs'), 'in.ndjson.gz', '-o', 'out.csv.gz');
    expect(code).toBe(0);
    const lines = gunzipSync(readFileSync(join(folder.path, 'out.csv.gz')))
      .toString()
      .split('\n');
    expect([lines.length, lines[0], lines[1_000]]).toEqual([1_002, 'n,double,error', '999,1998,']);
  });

  test('an empty output is a valid file', async ({ folder }) => {
    folder.write('in.ndjson', '');
    await folder.ask('run', transform('cli-double.mjs'), 'in.ndjson', '-o', 'out.ndjson.gz');
    expect(gunzipSync(readFileSync(join(folder.path, 'out.ndjson.gz'))).toString()).toBe('');
  });

  test('a file that is cut off ends the run after the rows before it, exit code 1', async ({ folder }) => {
    const whole = gzipSync(toLines(numbers(20_000)));
    folder.write('in.ndjson.gz', whole.subarray(0, whole.length / 2));
    const { code, stderr } = await folder.ask(
      'run',
      transform('cli-double.mjs'),
      'in.ndjson.gz',
      '-o',
      'out.ndjson',
      '--no-audit',
    );
    expect(code).toBe(1);
    expect(stderr).toContain('Cannot read in.ndjson.gz: unexpected end of file');
    const rows = fromLines(folder.read('out.ndjson'));
    expect(rows).toEqual(numbers(rows.length).map(({ n }) => ({ n, double: 2 * n })));
    expect(rows.length).toBeGreaterThan(1_000);
  });
});

describe('kindOf', () => {
  test.for([
    ['a.ndjson', 'ndjson', false],
    ['a.jsonl', 'ndjson', false],
    ['dir.csv/a.JSON', 'ndjson', false],
    ['a.csv.gz', 'csv', true],
    ['a.gz', 'ndjson', true],
    ['/dev/fd/63', 'ndjson', false],
    [undefined, 'ndjson', false],
  ] as const)('%s', ([file, format, gzip]) => {
    expect(kindOf(file, undefined)).toEqual({ format, gzip });
  });

  test('a format that is given counts where the name says nothing', () => {
    expect(kindOf('a.txt', 'csv').format).toBe('csv');
    expect(kindOf('a', 'csv').format).toBe('csv');
    expect(kindOf('a.ndjson', 'csv').format).toBe('ndjson');
    expect(() => kindOf('a.txt', undefined)).toThrow("extension '.txt'");
  });
});
