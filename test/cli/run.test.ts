import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { describe, expect } from 'vitest';
import { fromLines, numbers, test, toLines, transform } from '../helpers/cli.ts';

const doubled = (count: number) => toLines(numbers(count).map(({ n }) => ({ n, double: 2 * n })));

describe('pooled-executor run: rows in, rows out', () => {
  test('I1 file to file, in order, exit code 0, summary on stderr', async ({ folder }) => {
    folder.write('in.ndjson', toLines(numbers(5_000)));
    const { code, stdout, stderr } = await folder.run([
      'run',
      transform('cli-double.mjs'),
      'in.ndjson',
      '-o',
      'out.ndjson',
    ]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(folder.read('out.ndjson')).toBe(doubled(5_000));
    expect(stderr).toMatch(/^5,000 rows in .* s \(.* rows\/s\): 5,000 ok, 0 failed\nattempts 5,000, .*\n$/);
  });

  test('stdin to stdout, with dashes', async ({ folder }) => {
    const args = ['run', transform('cli-double.mjs'), '-', '-o', '-'];
    const { code, stdout } = await folder.run(args, toLines(numbers(100)));
    expect({ code, stdout }).toEqual({ code: 0, stdout: doubled(100) });
  });

  test('rows leave while the input is still open', async ({ folder }) => {
    const cli = folder.start('run', transform('cli-double.mjs'));
    cli.child.stdin.write('{"n":1}\n');
    await once(cli.child.stdout, 'data');
    cli.child.stdin.end('{"n":2}');
    expect(await cli.ended).toMatchObject({ code: 0, stdout: '{"n":1,"double":2}\n{"n":2,"double":4}\n' });
  });

  test.for(['in.ndjson', 'in.csv', 'in.jsonl'])(
    'an empty file gives an empty output: %s',
    async (name, { folder }) => {
      folder.write(name, '');
      for (const output of ['out.ndjson', 'out.csv']) {
        const { code } = await folder.ask('run', transform('cli-double.mjs'), name, '-o', output);
        expect({ code, output: folder.read(output) }).toEqual({ code: 0, output: '' });
        const found = await folder.ask('audit', `${output}.audit.db`, '--json');
        expect(JSON.parse(found.stdout)).toMatchObject({ runs: [{ batches: 1, rows: 0 }] });
      }
    },
  );

  test('a last line without line break counts; a mark at the start, blank lines and \\r\\n are tolerated', async ({
    folder,
  }) => {
    folder.write('in.ndjson', '\uFEFF{"n":1}\r\n\r\n  \n{"n":2}');
    const { code, stdout } = await folder.ask('run', transform('cli-double.mjs'), 'in.ndjson');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '{"n":1,"double":2}\n{"n":2,"double":4}\n' });
  });

  test('an older, longer output is replaced', async ({ folder }) => {
    folder.write('out.ndjson', 'x'.repeat(10_000));
    folder.write('in.ndjson', '{"n":1}');
    await folder.ask('run', transform('cli-double.mjs'), 'in.ndjson', '-o', 'out.ndjson');
    expect(folder.read('out.ndjson')).toBe('{"n":1,"double":2}\n');
  });
});

describe('pooled-executor run: the transform', () => {
  test('--export, and TypeScript that returns results', async ({ folder }) => {
    folder.write('in.ndjson', '{"n":1}');
    const triple = await folder.ask('run', transform('cli-double.mjs'), 'in.ndjson', '--export', 'triple');
    expect(triple).toMatchObject({ code: 0, stdout: '{"n":1,"triple":3}\n' });
    folder.write('in.ndjson', '{"ok":true}\n{"ok":false}');
    const results = await folder.ask('run', transform('cli-results.ts'), 'in.ndjson');
    expect(results.code).toBe(3);
    expect(fromLines(results.stdout)).toEqual([
      { yes: true },
      { error: { code: 'rejected', message: 'not ok', details: { ids: ['1'] } } },
    ]);
  });

  test('valid outputs null, undefined (as null), false, 0 and empty text', async ({ folder }) => {
    const rows = [null, false, 0, ''].map((value) => ({ case: 'value', value }));
    folder.write('in.ndjson', toLines([...rows, { case: 'nothing' }, { case: 'promise', value: [1] }]));
    const { code, stdout } = await folder.ask('run', transform('cli-cases.mjs'), 'in.ndjson');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'null\nfalse\n0\n""\nnull\n[1]\n' });
  });

  test('what JSON can not carry is the error of its row', async ({ folder }) => {
    const rows = ['bigint', 'circular', 'function', 'symbol'].map((name) => ({ case: name }));
    folder.write('in.ndjson', toLines(rows));
    const { code, stdout } = await folder.ask('run', transform('cli-cases.mjs'), 'in.ndjson');
    expect(code).toBe(3);
    const errors = fromLines(stdout) as { error: { code: string; message: string } }[];
    expect(errors.map(({ error }) => error.code)).toEqual(Array(4).fill('transform_error'));
    expect(errors.map(({ error }) => error.message.split('\n')[0])).toEqual([
      'Result of the transform can not be written as JSON: Do not know how to serialize a BigInt',
      'Result of the transform can not be written as JSON: Converting circular structure to JSON',
      'Result of the transform can not be written as JSON: it is a function',
      'Result of the transform can not be written as JSON: it is a symbol',
    ]);
  });

  test.for(['out.ndjson', 'out.csv'])(
    'what JSON writes as {} though something is in it is the error of its row: %s',
    async (output, { folder }) => {
      const collections = ['map', 'set', 'mapInside', 'setInside'];
      const others = ['generator', 'asyncGenerator', 'promiseInside', 'errorInside'];
      folder.write('in.ndjson', toLines([...collections, ...others].map((name) => ({ case: name }))));
      const args = ['run', transform('cli-cases.mjs'), 'in.ndjson', '-o', output, '--rejects', 'bad.ndjson'];
      expect(await folder.ask(...args)).toMatchObject({ code: 3 });
      const rejects = fromLines(folder.read('bad.ndjson')) as { error: { message: string } }[];
      expect(rejects.map(({ error }) => error.message)).toEqual(
        [
          'it is a Map: give Object.fromEntries(map) instead',
          'it is a Set: give Array.from(set) instead',
          "'counts' in it is a Map: give Object.fromEntries(map) instead",
          "'tags' in it is a Set: give Array.from(set) instead",
          'it is an iterator: give Array.from(iterator) instead',
          'it is an async iterator: give a list of what it yields instead',
          "'score' in it is a promise: await it",
          "'error' in it is an Error: give its message instead",
        ].map((why) => `Result of the transform can not be written as JSON: ${why}`),
      );
    },
  );

  test('empty objects, an Error with more to it, and a Map that says what it is as JSON, are outputs', async ({
    folder,
  }) => {
    folder.write('in.ndjson', '{"case":"empty"}');
    expect(await folder.ask('run', transform('cli-cases.mjs'), 'in.ndjson')).toMatchObject({
      code: 0,
      stdout: '{"id":"{}","none":{},"list":[],"error":{"code":"TOLD"},"own":{}}\n',
    });
  });

  test('the context is the attempt of the row, with the worker data and environment of the flags', async ({
    folder,
  }) => {
    const flags = ['--worker-data', '{"a":[1]}', '--env', 'CLI_TEST=x=y', '--exec-argv', '--no-deprecation'];
    folder.write('in.ndjson', toLines([{ case: 'call' }, { case: 'context' }]));
    const { stdout } = await folder.ask('run', transform('cli-cases.mjs'), 'in.ndjson', ...flags);
    expect(fromLines(stdout)).toEqual([
      2,
      {
        stateId: 'row-1',
        rowIndex: 1,
        attempt: 1,
        aborted: false,
        workerData: [{ a: [1] }, { a: [1] }],
        env: 'x=y',
        execArgv: ['--no-deprecation'],
      },
    ]);
  });

  test('what the transform logs goes to stderr', async ({ folder }) => {
    const rows = numbers(20).map(({ n }) => ({ case: 'logs', value: n }));
    const { code, stdout, stderr } = await folder.run(['run', transform('cli-cases.mjs')], toLines(rows));
    expect({ code, stdout }).toEqual({ code: 0, stdout: toLines(rows.map(({ value }) => value)) });
    for (const { n } of numbers(20)) expect(stderr).toContain(`logged ${n}\n`); // in any order, with two threads
    expect(stderr.match(/^written$/gm)).toHaveLength(20);
  });

  test('a refused row is tried again; --max-capacity-retry-ms takes Infinity', async ({ folder }) => {
    folder.write('in.ndjson', toLines(numbers(3)));
    const { code, stdout, stderr } = await folder.ask(
      'run',
      transform('cli-busy.mjs'),
      'in.ndjson',
      '--pool-size',
      '1',
      '--recovery-step-ms',
      '1',
      '--max-capacity-retry-ms',
      'Infinity',
    );
    expect({ code, rows: fromLines(stdout) }).toEqual({
      code: 0,
      rows: numbers(3).map(({ n }) => ({ n, attempt: 2 })),
    });
    expect(stderr).toContain('attempts 6, capacity retries 3');
  });

  test('a sync transform stays sync', async () => {
    const workerData = { url: pathToFileURL(transform('cli-cases.mjs')).href, exportName: 'default' };
    const worker = new Worker(transform('cli-sync-probe.mjs'), { workerData });
    const [returned] = (await once(worker, 'message')) as unknown[];
    await worker.terminate();
    expect(returned).toEqual(['[1]', 'promise']);
  });
});
