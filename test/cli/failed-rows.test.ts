import { describe, expect } from 'vitest';
import { fromLines, numbers, test, toLines, transform } from '../helpers/cli.ts';

describe('failed rows', () => {
  test('exit code 3; they stand in place, without stacks', async ({ folder }) => {
    folder.write(
      'in.ndjson',
      toLines([{ case: 'value', value: 1 }, { case: 'throws' }, { case: 'throwsNull' }, { case: 'rejects' }]),
    );
    const { code, stdout, stderr } = await folder.ask('run', transform('cli-cases.mjs'), 'in.ndjson');
    expect(code).toBe(3);
    expect(fromLines(stdout)).toEqual([
      1,
      {
        error: {
          code: 'transform_error',
          message: 'wrong',
          name: 'TypeError',
          details: { map: [[1, '2']] },
          cause: { code: 'transform_error', message: 'deep', name: 'Error' },
        },
      },
      { error: { code: 'transform_error', message: 'Thrown value is not an error: null', details: null } },
      { error: { code: 'transform_error', message: 'too far', name: 'RangeError' } },
    ]);
    expect(stderr).toContain('4 rows in');
    expect(stderr).toContain('1 ok, 3 failed');
  });

  test('a malformed line is the error of its row and names its line', async ({ folder }) => {
    folder.write('in.ndjson', '{"n":1}\n\n{bad\n{"n":2}\n]');
    const { code, stdout } = await folder.ask('run', transform('cli-double.mjs'), 'in.ndjson');
    expect(code).toBe(3);
    expect(fromLines(stdout)).toEqual([
      { n: 1, double: 2 },
      {
        error: {
          code: 'transform_error',
          name: 'MalformedRowError',
          message: expect.stringMatching(/^line 3: /) as string,
        },
      },
      { n: 2, double: 4 },
      {
        error: {
          code: 'transform_error',
          name: 'MalformedRowError',
          message: expect.stringMatching(/^line 5: /) as string,
        },
      },
    ]);
  });

  test('the first line of a JSON file that has its value on several says what is wanted', async ({
    folder,
  }) => {
    folder.write('in.ndjson', '[\n{"n":1},\n{"n":2}\n]\n');
    const { stdout } = await folder.ask('run', transform('cli-double.mjs'), 'in.ndjson');
    const [first] = fromLines(stdout) as { readonly error: { readonly message: string } }[];
    expect(first?.error.message).toMatch(
      /^line 1: .*: each line must be a JSON value of its own \(jq -c '\.\[\]' makes such lines of an array/,
    );
  });

  test('--rejects takes them out of the output, with the row as given', async ({ folder }) => {
    folder.write(
      'in.ndjson',
      '{"case":"value","value":1}\n\n{ "case":"throws", "id":1.50 }\n{bad\n{"case":"value","value":2}',
    );
    const { code, stdout } = await folder.ask(
      'run',
      transform('cli-cases.mjs'),
      'in.ndjson',
      '--rejects',
      'bad.ndjson',
    );
    expect({ code, stdout }).toEqual({ code: 3, stdout: '1\n2\n' });
    const [first = '', second = ''] = folder.read('bad.ndjson').split('\n');
    expect(first).toMatch(
      /^\{"rowIndex":1,"line":3,"error":\{"code":"transform_error","message":"wrong",.*"stack":"TypeError: wrong/,
    );
    expect(first).toMatch(/,"row":\{ "case":"throws", "id":1.50 \}\}$/);
    expect(JSON.parse(second)).toMatchObject({ rowIndex: 2, line: 4, row: '{bad' });
  });

  test.for(['thread', 'process'])(
    "--rejects has a row's stack with the frames of the user alone, isolation %s",
    async (isolation, { folder }) => {
      const module = folder.write(
        'score.mjs',
        [
          "function inner() { throw new TypeError('bad'); }",
          "export default (row, context) => (row.calls ? context.call('service', {}, () => inner()) : inner());",
        ].join('\n'),
      );
      folder.write('in.ndjson', '{"calls":false}\n{"calls":true}');
      await folder.run(['run', module, 'in.ndjson', '--rejects', 'bad.ndjson', '--isolation', isolation]);
      const stacks = [...folder.read('bad.ndjson').matchAll(/"stack":"(.*?)"/g)].map(([, text = '']) =>
        text.split('\\n').map((line) => line.replace(/\(?file:.*\/|:\d+\)?$/g, '')),
      );
      const frames = ['TypeError: bad', '    at inner score.mjs:1'];
      expect(stacks).toEqual([
        [...frames, '    at default score.mjs:2'],
        [...frames, '    at score.mjs:2', '    at default score.mjs:2'],
      ]);
    },
  );

  test('--rejects is an empty file when no row failed', async ({ folder }) => {
    folder.write('bad.ndjson', 'from an older run');
    folder.write('in.ndjson', '{"n":1}');
    const args = ['run', transform('cli-double.mjs'), 'in.ndjson', '--rejects', 'bad.ndjson'];
    expect(await folder.ask(...args)).toMatchObject({ code: 0 });
    expect(folder.read('bad.ndjson')).toBe('');
  });

  test('--max-errors n stops the run behind the row that was one too many, exit code 1', async ({
    folder,
  }) => {
    const rows = numbers(500).map(({ n }) => ({ case: n % 2 === 1 ? 'throws' : 'value', value: n }));
    folder.write('in.ndjson', toLines(rows));
    const args = ['run', transform('cli-cases.mjs'), 'in.ndjson', '-o', 'out.ndjson'];
    const { code, stderr } = await folder.ask(...args, '--max-errors', '2');
    expect(code).toBe(1);
    expect(stderr).toContain(
      'Stopped as more rows have failed than --max-errors 2 allows: 3 of 6; --resume continues the run\n',
    );
    expect(fromLines(folder.read('out.ndjson'))).toHaveLength(6);
    expect(await folder.ask(...args, '--max-errors', '250')).toMatchObject({ code: 3 });
  });

  test('--max-errors p% looks at no fewer than 100 rows', async ({ folder }) => {
    const rows = numbers(400).map(({ n }) => ({ case: n < 8 ? 'throws' : 'value' }));
    folder.write('in.ndjson', toLines(rows));
    const args = ['run', transform('cli-cases.mjs'), 'in.ndjson', '-o', 'out.ndjson'];
    expect(await folder.ask(...args, '--max-errors', '20%')).toMatchObject({ code: 3 });
    folder.write('in.ndjson', toLines(rows.toReversed()));
    expect(await folder.ask(...args, '--max-errors', '2.5%')).toMatchObject({ code: 3 });
    expect(await folder.ask(...args, '--max-errors', '1.9%')).toMatchObject({ code: 1 });
  });
});
