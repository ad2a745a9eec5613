import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect } from 'vitest';
import { numbers, test, toLines, transform, type CliFolder } from '../helpers/cli.ts';
import { RunRecordings } from '../helpers/run-recordings.ts';
import { isStress } from '../helpers/runs.ts';

const ROWS = 20;
const TRAIL = 'run.db';

/** Row 7 is asked for at a service that is busy at first and then answers; row 9 fails. */
const TRANSFORM = `
export default async function ({ n }, context) {
  if (n === 7 && context.attempt === 1) throw Object.assign(new Error('busy'), { status: 503 });
  if (n === 9) throw new RangeError('too large');
  return n === 7 ? context.call('find', { n }, () => ({ n: 70 })) : { n: n * 2 };
}`;

interface Recorded {
  readonly folder: CliFolder;
  readonly ask: CliFolder['ask'];
}

const recordings = new RunRecordings();
afterAll(() => recordings.remove());

/** Runs the rows, then blank lines and a line that is no row, and records them. */
async function record(folder: CliFolder, output: string, more: readonly string[] = []): Promise<Recorded> {
  await recordings.copyInto(folder, [output, ...more].join(' '), async () => {
    const module = folder.write('transform.mjs', TRANSFORM);
    const input = folder.write('in.ndjson', `${toLines(numbers(ROWS))}\n\n{broken\n`);
    const args = ['run', module, input, '-o', output, '--audit', TRAIL, ...more];
    expect(await folder.ask(...args)).toMatchObject({ code: 3 });
  });
  return { folder, ask: folder.ask };
}

function replaceIn(folder: CliFolder, file: string, from: string, to: string): void {
  const text = folder.read(file);
  expect(text).toContain(from);
  folder.write(file, text.replace(from, to));
}

describe('explain', () => {
  test('tells the story of a row, by index or state id', async ({ folder }) => {
    const { ask } = await record(folder, 'out.ndjson');
    const { code, stdout } = await ask('explain', TRAIL, '7');
    expect(code).toBe(0);
    const story = [
      "Row 7 (state id 'row-7')",
      'success after 2 attempts',
      'submitted at',
      'request   {"n":7}',
      'attempt 1 dispatched',
      'refused (503)',
      'ms ordered',
      'attempt 2 dispatched',
      'in backoff',
      "call 'find' (index 0)",
      'response  {"n":70}',
      'succeeded',
      'submitted at index 7 (from 0): success',
      'given out',
    ];
    let from = 0;
    for (const part of story) {
      expect(stdout.slice(from)).toContain(part);
      from = stdout.indexOf(part, from);
    }
    expect(await ask('explain', TRAIL, 'row-7')).toEqual({ code: 0, stdout, stderr: '' });
  });

  test('--json: everything, as data', async ({ folder }) => {
    const { ask } = await record(folder, 'out.ndjson');
    const { stdout } = await ask('explain', TRAIL, '9', '--json', '--alongside');
    expect(JSON.parse(stdout)).toMatchObject({
      rowIndex: 9,
      attempts: [
        { outcome: 'failed', error: { name: 'RangeError' }, alongside: expect.any(Array) as unknown },
      ],
      result: { status: 'error', error: { message: 'too large' } },
    });
  });

  test('long payloads are cut, and stand whole with --full', async ({ folder }) => {
    const text = 'x'.repeat(5_000);
    folder.write('long.ndjson', toLines([{ n: 1, text }]));
    await folder.ask('run', transform('cli-double.mjs'), 'long.ndjson', '-o', 'out.ndjson', '--audit', TRAIL);
    const cut = (await folder.ask('explain', TRAIL, '0')).stdout;
    expect(cut).not.toContain(text);
    expect(cut).toContain('more characters: --full');
    expect((await folder.ask('explain', TRAIL, '0', '--full')).stdout).toContain(text);
  });

  test('an unknown row or run is a usage error that says which there are', async ({ folder }) => {
    const { ask } = await record(folder, 'out.ndjson');
    const unknown = await ask('explain', TRAIL, '99');
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toContain(`has no row 99: its rows are 0 to ${ROWS}`);
    expect(await ask('explain', TRAIL, '1', '--run', 'other')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("The trail has no run 'other': its runs are ") as string,
    });
  });
});

test.for(['explain', 'audit', 'verify'])(
  '%s of a damaged record says which file it is',
  async (command, { folder }) => {
    const { ask } = await record(folder, 'out.ndjson');
    const database = new DatabaseSync(join(folder.path, TRAIL));
    database.exec(`UPDATE block SET body = 'ZZZZ'`);
    database.close();
    const { code, stderr } = await ask(command, TRAIL, ...(command === 'explain' ? ['1'] : []));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^pooled-executor: Cannot read audit trail run\.db any further: .*ZZZZ/);
  },
);

describe('audit', () => {
  test('sums up the run; all counters agree', async ({ folder }) => {
    const { ask } = await record(folder, 'out.ndjson');
    const { code, stdout } = await ask('audit', TRAIL);
    expect(code).toBe(0);
    expect(stdout).toContain(`${ROWS + 1} rows, ${ROWS + 2} attempts, 2 records of calls`);
    expect(stdout).toContain('2 transform_error');
    expect(stdout).toMatch(/capacityRetries +stated 1, recomputed 1\n/);
    expect(stdout).toContain('Every counter agrees with the records.');
  });

  test('a counter that differs is printed, and exits 1', async ({ folder }) => {
    const { ask } = await record(folder, 'out.ndjson');
    const database = new DatabaseSync(join(folder.path, TRAIL));
    database.exec(`UPDATE block SET body = replace(body, '"attempts":${ROWS + 2}', '"attempts":99')`);
    database.close();
    const { code, stdout } = await ask('audit', TRAIL);
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`DIFFERENCE +attempts +stated 99, recomputed ${ROWS + 2}, in batch `));
    const { agrees, runs } = JSON.parse((await ask('audit', TRAIL, '--json')).stdout) as Record<
      string,
      unknown
    >;
    expect(agrees).toBe(false);
    expect(runs).toMatchObject([{ stats: { differences: [{ name: 'attempts', stated: 99 }] } }]);
  });
});

describe('verify', () => {
  const outputs = ['out.csv.gz', ...(isStress ? ['out.ndjson', 'out.csv', 'out.ndjson.gz'] : [])];
  test.for(outputs)(
    'an output that is what is on record: %s, with and without rejects',
    async (output, { folder }) => {
      const { ask } = await record(folder, output);
      expect(await ask('verify', TRAIL, output)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('Verified: everything is as it must be.') as string,
      });
      const rejecting = ['--rejects', 'failed.ndjson'];
      await record(folder, output, rejecting);
      const all = await ask('verify', TRAIL, output, ...rejecting);
      expect(all).toMatchObject({ code: 0 });
      expect(all.stdout).not.toContain('not compared');
      const leftOut = await ask('verify', TRAIL, output);
      expect(leftOut).toMatchObject({ code: 0 });
      expect(leftOut.stdout).toContain('not compared: name the file of the failed rows with --rejects');
      const { rejectsLeftOut } = JSON.parse((await ask('verify', TRAIL, output, '--json')).stdout) as Record<
        string,
        unknown
      >;
      expect(rejectsLeftOut).toBe(true);
    },
  );

  test('names the line, what was expected and what was found', async ({ folder }) => {
    const { ask } = await record(folder, 'out.ndjson');
    replaceIn(folder, 'out.ndjson', '{"n":6}', '{"n":5}');
    const { code, stdout } = await ask('verify', TRAIL, 'out.ndjson');
    expect(code).toBe(1);
    expect(stdout).toContain('PROBLEM  out.ndjson:4:6 differs: expected {"n":6}, found {"n":5}\n');
    const { findings } = JSON.parse((await ask('verify', TRAIL, 'out.ndjson', '--json')).stdout) as {
      findings: unknown;
    };
    expect(findings).toMatchObject([{ about: 'output', line: 4 }]);
  });

  test.for([
    [
      'a line too few',
      (text: string) => text.replace(/[^\n]*\n$/, ''),
      'ends after line 20: 1 more line is missing',
    ],
    [
      'a line too many',
      (text: string) => `${text}{}\n`,
      'has 1 more line than results on record, from line 22 on',
    ],
    ['its last line feed missing', (text: string) => text.slice(0, -1), '(without a line feed)'],
    [
      'two lines swapped',
      (text: string) => text.replace('{"n":2}\n{"n":4}', '{"n":4}\n{"n":2}'),
      ':2:6 differs',
    ],
    ['another error', (text: string) => text.replace('too large', 'too small'), ':10:'],
    ['another malformed line', (text: string) => text.replace('line 23: ', 'line x: '), ':21:'],
  ] as const)('finds an output with %s', async ([, change, message], { folder }) => {
    const { ask } = await record(folder, 'out.ndjson');
    folder.write('out.ndjson', change(folder.read('out.ndjson')));
    const { code, stdout } = await ask('verify', TRAIL, 'out.ndjson');
    expect(stdout).toContain(message);
    expect(code).toBe(1);
  });

  test('finds a changed line in a compressed output, and one in the rejects', async ({ folder }) => {
    const { ask } = await record(folder, 'out.ndjson.gz', ['--rejects', 'failed.ndjson']);
    replaceIn(folder, 'failed.ndjson', '"row":{"n":9}', '"row":{"n":8}');
    const path = join(folder.path, 'out.ndjson.gz');
    const text = gunzipSync(readFileSync(path)).toString();
    folder.write('out.ndjson.gz', gzipSync(text.replace('{"n":6}', '{"n":5}')));
    const { code, stdout } = await ask('verify', TRAIL, 'out.ndjson.gz', '--rejects', 'failed.ndjson');
    expect(code).toBe(1);
    expect(stdout).toContain('PROBLEM  out.ndjson.gz:4:');
    expect(stdout).toContain('PROBLEM  failed.ndjson:1:');
  });

  test.for<[what: string, damage: (whole: Buffer) => Buffer, why: string]>([
    ['cut off', (whole) => whole.subarray(0, -9), 'unexpected end of file'],
    ['cut off at its beginning', (whole) => whole.subarray(0, 12), 'unexpected end of file'],
    ['changed', (whole) => Buffer.concat([whole.subarray(0, -8), Buffer.alloc(8)]), 'incorrect data check'],
  ])('a compressed output that was %s is a problem of the output', async ([, damage, why], { folder }) => {
    const { ask } = await record(folder, 'out.ndjson.gz');
    const path = join(folder.path, 'out.ndjson.gz');
    folder.write('out.ndjson.gz', damage(readFileSync(path)));
    const { code, stdout } = await ask('verify', TRAIL, 'out.ndjson.gz');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      new RegExp(
        `^PROBLEM  out\\.ndjson\\.gz can't be read after line \\d+, as it was cut off or changed \\(${why}\\)`,
        'm',
      ),
    );
    expect(stdout).toContain(`${ROWS + 1} results compared with out.ndjson.gz`);
    expect(stdout).toContain('NOT verified: 1 problem found.');
  });

  test('rejected rows of any length are compared', async ({ folder }) => {
    folder.write('in.ndjson', toLines([{ case: 'throws', text: 'x'.repeat(100_000) }]));
    const rejecting = ['--rejects', 'failed.ndjson'];
    const args = ['run', transform('cli-cases.mjs'), 'in.ndjson', '-o', 'out.ndjson', ...rejecting];
    expect(await folder.ask(...args)).toMatchObject({ code: 3 });
    const verify = ['verify', 'out.ndjson.audit.db', 'out.ndjson', ...rejecting];
    expect(await folder.ask(...verify)).toMatchObject({ code: 0, stderr: '' });
    replaceIn(folder, 'failed.ndjson', 'xx"}', 'xy"}');
    const { code, stdout } = await folder.ask(...verify);
    expect(code).toBe(1);
    expect(stdout).toContain('PROBLEM  failed.ndjson:1:');
  });

  test('finds a changed record', async ({ folder }) => {
    const { ask } = await record(folder, 'out.ndjson');
    const database = new DatabaseSync(join(folder.path, TRAIL));
    database.exec(`UPDATE block SET body = replace(body, 'too large', 'too small')`);
    database.close();
    const { code, stdout } = await ask('verify', TRAIL);
    expect(code).toBe(1);
    expect(stdout).toMatch(/PROBLEM {2}record.*not as written/);
  });

  test('rejects that the run had not, and outputs that are not there, are usage errors', async ({
    folder,
  }) => {
    const { ask } = await record(folder, 'out.ndjson');
    expect(await ask('verify', TRAIL, 'out.ndjson', '--rejects', 'in.ndjson')).toMatchObject({ code: 2 });
    expect(await ask('verify', TRAIL, '--rejects', 'in.ndjson')).toMatchObject({ code: 2 });
    expect(await ask('verify', TRAIL, 'other.ndjson')).toMatchObject({
      code: 2,
      stderr: 'pooled-executor: Cannot read other.ndjson: there is no such file\n',
    });
  });
});

describe('explain, audit and verify', () => {
  test.for([['explain', '0'], ['audit'], ['verify']])(
    '%s: a path without a trail creates nothing, and a file that is none is left alone',
    async ([command = '', ...more], { folder }) => {
      const missing = await folder.ask(command, 'missing.db', ...more);
      expect(missing).toMatchObject({ code: 2, stdout: '' });
      expect(missing.stderr).toContain("missing.db as it doesn't exist");
      expect(existsSync(join(folder.path, 'missing.db'))).toBe(false);
      folder.write('other.db', 'no trail');
      const { size } = statSync(join(folder.path, 'other.db'));
      expect(await folder.ask(command, 'other.db', ...more)).toMatchObject({ code: 2, stdout: '' });
      expect(statSync(join(folder.path, 'other.db')).size).toBe(size);
    },
  );
});
