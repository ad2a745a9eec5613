import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect } from 'vitest';
import { fromLines, numbers, test, toLines, transform, type CliFolder } from '../helpers/cli.ts';
import {
  argsOf,
  FROM_THE_HELD_ONE,
  held,
  killedAt as killAt,
  oneByOne,
  ranIn,
  recordsIn,
  ROWS,
  whole,
} from '../helpers/killed-runs.ts';
import { describeDrift } from './drift-battery.ts';
import { RunRecordings } from '../helpers/run-recordings.ts';
import { isStress } from '../helpers/runs.ts';

const cases = transform('cli-cases.mjs');
const recordings = new RunRecordings();
afterAll(() => recordings.remove());

/** A run that was killed while it held this row; each such run is made once. */
function killedAt(folder: CliFolder, at: number, args = argsOf('out.ndjson'), trail?: string): Promise<void> {
  return recordings.copyInto(folder, [at, ...args].join(' '), () => killAt(folder, at, args, trail));
}

const changedFrom = (line: string) =>
  new RegExp(
    `Cannot continue out.ndjson as it is not what the run has written, from line ${line} on \\(--allow-drift writes it anew`,
  );

describe('--resume', () => {
  test('runs what has no result yet, and the output is that of a run that never died', async ({ folder }) => {
    await killedAt(folder, 4);
    const before = folder.read('out.ndjson');
    expect(whole.startsWith(before)).toBe(true);
    const verified = await folder.ask('verify', 'out.ndjson.audit.db');
    expect(verified.code).toBe(1);
    expect(verified.stdout).toMatch(
      /\n\nPROBLEM {2}Run never ended.*--resume.*\nPROBLEM {2}Rows? \d(?: to \d)? ha(?:s|ve) no terminal entry: the run has not ended\nNOT verified: 2 problems found/,
    );
    const { code, stderr } = await folder.run(argsOf('out.ndjson', '--resume'));
    expect({ code, output: folder.read('out.ndjson'), ran: ranIn(stderr) }).toEqual({
      code: 0,
      output: whole,
      ran: FROM_THE_HELD_ONE,
    });
    expect(stderr).toMatch(
      /^pooled-executor: \d rows? (is|are) on record, \d of them (has|have) to run, and any after them\n/,
    );
    expect(stderr).toContain('10 rows in ');
    const records = await recordsIn(folder);
    const lost = records.filter((record) => record.kind === 'attempt' && record.outcome === 'lost');
    expect(lost).toMatchObject([{ rowIndex: 4, attempt: 1, error: { code: 'worker_lost' } }]);
    expect(records.filter(({ kind }) => kind === 'entry')).toHaveLength(ROWS);
  });

  test('the output lost its end, in the middle of a line, or is gone: it is completed', async ({
    folder,
  }) => {
    await killedAt(folder, 4);
    truncateSync(join(folder.path, 'out.ndjson'), 20);
    const { code } = await folder.ask(...argsOf('out.ndjson', '--resume'));
    expect({ code, output: folder.read('out.ndjson') }).toEqual({ code: 0, output: whole });
    rmSync(join(folder.path, 'out.ndjson'));
    const again = await folder.ask(...argsOf('out.ndjson', '--resume'));
    expect({ code: again.code, output: folder.read('out.ndjson'), ran: ranIn(again.stderr) }).toEqual({
      code: 0,
      output: whole,
      ran: [],
    });
    expect(again.stderr).toContain('10 rows are on record, 0 of them have to run');
  });

  test('a result that stands in no column of the CSV output failed in the first run, and does so again', async ({
    folder,
  }) => {
    const values = [{ a: 1 }, { a: 2, b: 3 }, { a: 4 }];
    folder.write('in.ndjson', toLines(values.map((value) => ({ case: 'value', value }))));
    const args = ['run', cases, 'in.ndjson', '-o', 'out.csv'];
    const first = await folder.run(args);
    const output = folder.read('out.csv');
    expect({ code: first.code, lines: output.split('\n').length }).toEqual({ code: 3, lines: 5 });
    const again = await folder.run([...args, '--resume']);
    expect({ code: again.code, output: folder.read('out.csv') }).toEqual({ code: 3, output });
  });

  test.runIf(isStress)(
    'an older output that the dead run had not begun to replace is replaced',
    async ({ folder }) => {
      folder.write('out.ndjson', 'something else\n'.repeat(100));
      await killedAt(folder, 0, argsOf('out.ndjson'));
      expect(folder.read('out.ndjson')).toContain('something else');
      const { code } = await folder.ask(...argsOf('out.ndjson', '--resume'));
      expect({ code, output: folder.read('out.ndjson') }).toEqual({ code: 0, output: whole });
    },
  );

  test.for<[what: string, edit: (text: string) => string, at: string]>([
    ['changed', (text) => text.replace('{"n":1,', '{"n":7,'), '2'],
    ['longer', (text) => `${text}{"n":4,"pad":"xxxx"}\n{"n":5}\n`, '5'],
  ])('an output that was %s is refused, and mended with --allow-drift', async ([, edit, at], { folder }) => {
    await killedAt(folder, 4);
    const edited = edit(toLines(fromLines(whole).slice(0, 4)));
    folder.write('out.ndjson', edited);
    const before = await recordsIn(folder);
    const { code, stderr } = await folder.ask(...argsOf('out.ndjson', '--resume'));
    expect(await recordsIn(folder)).toEqual(before);
    expect(stderr).toMatch(changedFrom(at));
    expect(stderr).not.toContain('have to run');
    expect({ code, output: folder.read('out.ndjson'), ran: ranIn(stderr) }, stderr).toEqual({
      code: 2,
      output: edited,
      ran: [],
    });
    const mended = await folder.ask(...argsOf('out.ndjson', '--resume', '--allow-drift'));
    expect({ code: mended.code, output: folder.read('out.ndjson') }).toEqual({ code: 0, output: whole });
    expect(mended.stderr).toMatch(
      new RegExp(
        `^pooled-executor: continuing although out.ndjson is not what the run has written, from line ${at} on: it is written anew from there\n` +
          'pooled-executor: .* have to run',
      ),
    );
  });

  test('a refusal that comes between two pages of the record is no run either', async ({ folder }) => {
    folder.write(
      't.mjs',
      'export default ({ n }) => { if (n % 100 === 7) throw new Error("seven"); return n; };',
    );
    folder.write('in.ndjson', toLines(numbers(3_000)));
    const args = ['run', 't.mjs', 'in.ndjson', '-o', 'out.ndjson', '--rejects', 'rejects.ndjson'];
    expect(await folder.ask(...args)).toMatchObject({ code: 3 });
    const [output, rejects] = [folder.read('out.ndjson'), folder.read('rejects.ndjson')];
    folder.write('out.ndjson', output.replace('\n1500\n', '\n1500.5\n'));
    const { code, stdout, stderr } = await folder.ask(...args, '--resume');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^pooled-executor: Cannot continue out\.ndjson .*, from line 1486 on .*\n$/);
    expect(folder.read('rejects.ndjson')).toBe(rejects);
    folder.write('out.ndjson', output);
    const verified = await folder.ask(
      'verify',
      'out.ndjson.audit.db',
      'out.ndjson',
      '--rejects',
      'rejects.ndjson',
    );
    expect(verified.stdout).toContain('in 1 batch\n');
    expect(verified.stdout).toContain('\nVerified: everything is as it must be.\n');
  });

  test.for([
    ['is compared', '"type":"progress"', numbers(1)],
    ['was compared, before anything has run,', '0 of them have to run', numbers(3)],
  ] as const)(
    'Ctrl-C while the output %s leaves it and the record as they are',
    async ([, said, rows], { folder }) => {
      folder.write('in.ndjson', toLines(numbers(3)));
      await folder.ask('run', held, 'in.ndjson', '-o', 'out.ndjson');
      const before = await recordsIn(folder);
      const cli = folder.start('run', held, '-', '-o', 'out.ndjson', '--resume', '--progress', 'json');
      cli.child.stdin.write(toLines(rows));
      await cli.said(said);
      cli.child.kill('SIGINT');
      expect(await cli.ended).toMatchObject({ code: 130 });
      expect(folder.read('out.ndjson')).toBe(toLines(numbers(3)));
      expect(await recordsIn(folder)).toEqual(before);
    },
  );

  if (!isStress) describeDrift(['another row', 'another option'], killedAt); // the others: resume.stress.test.ts

  test('another transform is refused by name', async ({ folder }) => {
    folder.write('t.mjs', 'export default ({ n }) => n;');
    folder.write('in.ndjson', toLines(numbers(3)));
    await folder.ask('run', 't.mjs', 'in.ndjson', '-o', 'out.ndjson');
    folder.write('t.mjs', 'export default ({ n }) => n + 1;');
    const { code, stderr } = await folder.ask('run', 't.mjs', 'in.ndjson', '-o', 'out.ndjson', '--resume');
    expect({ code, output: folder.read('out.ndjson') }).toEqual({ code: 2, output: '0\n1\n2\n' });
    expect(stderr).toMatch(/the transform file:.*t\.mjs has changed \(sha256 \w{12}, on record \w{12}\)/);
    expect(stderr).toContain('. Give it the transform that it had, or --allow-drift to continue');
  });

  test('--allow-drift says what it overrides before the first row runs, and puts it on record', async ({
    folder,
  }) => {
    const source = (by: number) =>
      `export default ({ n }) => { console.log('running ' + n); if (n === 2) throw new Error(); return n + ${by}; };`;
    folder.write('t.mjs', source(0));
    folder.write('in.ndjson', toLines(numbers(3)));
    const args = ['run', 't.mjs', 'in.ndjson', '-o', 'out.ndjson'];
    expect((await folder.run([...args, '--rejects', 'rejects.ndjson'])).code).toBe(3);
    folder.write('t.mjs', source(1));
    folder.write('in.ndjson', toLines([...numbers(2), { n: 7 }]));
    const drifting = [...args, '--isolation', 'process', '--retry-failed', '--allow-drift'];
    const { code, stderr } = await folder.run(drifting);
    expect({ code, output: folder.read('out.ndjson') }).toEqual({ code: 0, output: '0\n1\n8\n' });
    const said = stderr.split('\n');
    expect(said.slice(0, 5)).toEqual([
      expect.stringMatching(
        /^pooled-executor: continuing although the transform file:.*t\.mjs has changed \(sha256 \w{12}, on record \w{12}\)$/,
      ),
      "pooled-executor: continuing although --isolation is 'process', on record it was 'thread'",
      'pooled-executor: continuing although --rejects is not given, on record it was',
      "pooled-executor: continuing although row 2 ('row-2') has changed",
      'pooled-executor: 3 rows are on record, 1 of them has to run, and any after them',
    ]);
    expect(said.indexOf('running 7')).toBeGreaterThan(4);
    const batch = (await recordsIn(folder)).findLast((record) => record.kind === 'batch');
    expect(batch?.continues?.drift).toEqual(
      said.slice(0, 4).map((line) => line.replace('pooled-executor: continuing although ', '')),
    );
    const audit = await folder.ask('audit', 'out.ndjson.audit.db');
    expect(audit.stdout).toContain(`Z, although ${batch!.continues!.drift.join('; ')}\n`);
    expect(audit.stdout).toContain('  counters          summed over all 2 batches;');
    const { stdout } = await folder.ask('explain', 'out.ndjson.audit.db', '2');
    expect(stdout).toMatch(
      /\n {15}continued with another transform: file:.*t\.mjs \(sha256 \w{12}, before \w{12}\)\n.*attempt 2 dispatched/,
    );
  });

  test('--allow-drift says that the input ends before the rows on record do; where nothing differs it says nothing', async ({
    folder,
  }) => {
    folder.write('t.mjs', 'export default ({ n }) => n;');
    folder.write('in.ndjson', toLines(numbers(3)));
    const args = ['run', 't.mjs', 'in.ndjson', '-o', 'out.ndjson'];
    await folder.ask(...args);
    expect((await folder.ask(...args, '--resume', '--allow-drift')).stderr).not.toContain('continuing');
    folder.write('in.ndjson', '');
    expect((await folder.ask(...args, '--resume', '--allow-drift', '--progress', 'json')).stderr).toContain(
      '{"type":"note","message":"continuing although the input ends after 0 rows, on record are 3"}\n',
    );
  });

  test.for<[what: string, change: (folder: CliFolder) => void, flags: string[], message: RegExp]>([
    [
      '--retry-failed',
      (folder) => folder.write('t.mjs', "throw new Error('not today');"),
      ['--retry-failed', '--allow-drift'],
      /t\.mjs: Error: not today/,
    ],
    [
      '--resume',
      (folder) => folder.write('t.mjs', "throw new Error('not today');"),
      ['--resume', '--allow-drift'],
      /t\.mjs: Error: not today/,
    ],
    [
      '--resume, and is gone',
      (folder) => {
        rmSync(join(folder.path, 't.mjs'));
      },
      ['--resume'],
      /^pooled-executor: Cannot load transform .*t\.mjs: there is no such file$/m,
    ],
  ])(
    'a transform that can not be loaded changes neither output nor record: %s',
    async ([, change, flags, message], { folder }) => {
      folder.write('t.mjs', 'export default ({ n }) => { if (n === 1) throw new Error(); return n; };');
      folder.write('in.ndjson', toLines(numbers(3)));
      const args = ['run', 't.mjs', 'in.ndjson', '-o', 'out.ndjson'];
      await folder.ask(...args);
      const files = async () => ({ output: folder.read('out.ndjson'), records: await recordsIn(folder) });
      const before = await files();
      change(folder);
      folder.write('in.ndjson', toLines(numbers(5)));
      const { code, stderr } = await folder.ask(...args, ...flags);
      expect({ code, ...(await files()) }).toEqual({ code: 2, ...before });
      expect(stderr).toMatch(message);
    },
  );

  test('rows that were added to the input run as well', async ({ folder }) => {
    folder.write('in.ndjson', toLines(numbers(3)));
    const args = ['run', held, 'in.ndjson', '-o', 'out.ndjson'];
    await folder.ask(...args);
    folder.write('in.ndjson', toLines(numbers(5)));
    const { code, stderr } = await folder.ask(...args, '--resume');
    expect({ code, ran: ranIn(stderr), output: folder.read('out.ndjson') }).toEqual({
      code: 0,
      ran: [3, 4],
      output: toLines(numbers(5)),
    });
  });

  test.runIf(isStress)('gzip: written again as a whole', async ({ folder }) => {
    await killedAt(folder, 4, argsOf('out.ndjson.gz'), 'out.ndjson.gz.audit.db');
    const { code, stderr } = await folder.ask(...argsOf('out.ndjson.gz', '--resume'));
    const output = gunzipSync(readFileSync(join(folder.path, 'out.ndjson.gz'))).toString();
    expect({ code, output, ran: ranIn(stderr) }).toEqual({ code: 0, output: whole, ran: FROM_THE_HELD_ONE });
  });

  test.runIf(isStress)(
    'stdin and stdout: the same input again gives the whole output again',
    async ({ folder }) => {
      await killedAt(folder, 4, argsOf('-', '--audit', 'run.db'), 'run.db');
      const args = ['run', held, ...oneByOne, '--audit', 'run.db', '--resume'];
      const { code, stdout, stderr } = await folder.run(args, folder.read('in.ndjson'));
      expect({ code, stdout, ran: ranIn(stderr) }).toEqual({
        code: 0,
        stdout: whole,
        ran: FROM_THE_HELD_ONE,
      });
    },
  );

  test.runIf(isStress)('a run that had too many errors goes on', async ({ folder }) => {
    const rows = numbers(ROWS).map(({ n }) => ({ case: n % 3 === 1 ? 'throws' : 'value', value: n }));
    folder.write('in.ndjson', toLines(rows));
    const args = ['run', cases, 'in.ndjson', '-o', 'out.ndjson', ...oneByOne];
    await folder.ask(...args, '--no-audit');
    const expected = folder.read('out.ndjson');
    const stopped = await folder.ask(...args, '--max-errors', '1');
    expect(stopped.code).toBe(1);
    expect(folder.read('out.ndjson').length).toBeLessThan(expected.length);
    const { code } = await folder.ask(...args, '--max-errors', '1', '--resume');
    expect({ code, output: folder.read('out.ndjson') }).toEqual({ code: 3, output: expected });
  });

  test.runIf(isStress).for(['1', '50%'])(
    '--max-errors %s counts the rows that run now, not the errors on record',
    async (limit, { folder }) => {
      const failing = (count: number) => toLines(numbers(count).map(() => ({ case: 'throws' })));
      folder.write('in.ndjson', failing(150));
      const args = ['run', cases, 'in.ndjson', '-o', 'out.ndjson'];
      expect(await folder.ask(...args)).toMatchObject({ code: 3 });
      const resumed = [...args, '--max-errors', limit, '--resume'];
      expect(await folder.ask(...resumed)).toMatchObject({ code: 3 });
      folder.write('in.ndjson', failing(300));
      const { code, stderr } = await folder.ask(...resumed);
      const stoppedAt = limit === '1' ? 2 : 100;
      expect(code).toBe(1);
      expect(stderr).toContain(
        `allows: ${stoppedAt} of ${stoppedAt} (those on record are not counted); --resume continues the run\n`,
      );
      expect(fromLines(folder.read('out.ndjson'))).toHaveLength(150 + stoppedAt);
      expect(await folder.ask(...args, '--max-errors', limit, '--retry-failed')).toMatchObject({ code: 1 });
    },
  );

  test('an interrupted run goes on', async ({ folder }) => {
    const until = folder.fifo('gate');
    folder.write(
      'in.ndjson',
      toLines(numbers(ROWS).map(({ n }) => ({ n, pad: n, ...(n === 4 ? { until } : {}) }))),
    );
    const cli = folder.start(...argsOf('out.ndjson'));
    await cli.said('running 4\n');
    cli.child.kill('SIGINT');
    await cli.said('again to stop now');
    writeFileSync(until, '');
    const interrupted = await cli.ended;
    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).toContain('--resume');
    const verified = await folder.ask('verify', 'out.ndjson.audit.db', 'out.ndjson');
    expect(verified.code).toBe(0);
    expect(verified.stdout).toContain(
      '\nThe run was stopped before all of its input was done: --resume continues it',
    );
    expect(verified.stdout).not.toContain('everything');
    const audited = await folder.ask('audit', 'out.ndjson.audit.db', '--json');
    expect(JSON.parse(audited.stdout)).toMatchObject({ runs: [{ stopped: true }] });
    rmSync(until);
    writeFileSync(until, '');
    const done = fromLines(folder.read('out.ndjson')).length;
    expect(done).toBeGreaterThan(4);
    const { code, stderr } = await folder.ask(...argsOf('out.ndjson', '--resume'));
    expect({ code, output: folder.read('out.ndjson'), ran: ranIn(stderr) }).toEqual({
      code: 0,
      output: whole,
      ran: numbers(ROWS)
        .slice(done)
        .map(({ n }) => n),
    });
    const finished = await folder.ask('verify', 'out.ndjson.audit.db', 'out.ndjson', '--json');
    expect(JSON.parse(finished.stdout)).toMatchObject({ ok: true, stopped: false });
  });

  test('a run that another process is at is left alone', async ({ folder }) => {
    const until = folder.fifo('gate');
    folder.write('in.ndjson', toLines([{ n: 0 }, { n: 1, until }]));
    const cli = folder.start(...argsOf('out.ndjson'));
    await cli.said('running 1\n');
    const { code, stderr } = await folder.ask(...argsOf('out.ndjson', '--resume'));
    expect({ code, ran: ranIn(stderr) }).toEqual({ code: 2, ran: [] });
    expect(stderr).toMatch(/out\.ndjson\.audit\.db/);
    writeFileSync(until, '');
    expect(await cli.ended).toMatchObject({ code: 0 });
    expect(folder.read('out.ndjson')).toBe('{"n":0}\n{"n":1}\n');
  });

  test('an empty input', async ({ folder }) => {
    folder.write('in.ndjson', '');
    const args = ['run', held, 'in.ndjson', '-o', 'out.ndjson'];
    await folder.ask(...args);
    folder.write('out.ndjson', 'something else\n');
    const { code } = await folder.ask(...args, '--resume');
    expect({ code, output: folder.read('out.ndjson') }).toEqual({ code: 0, output: '' });
  });

  test.for<[what: string, args: string[], message: RegExp]>([
    ['no output', ['--resume'], /--resume needs the trail of the run: name the output, or give --audit/],
    [
      'no trail',
      ['-o', 'new.ndjson', '--resume'],
      /--resume needs .*: there is no file new\.ndjson\.audit\.db/,
    ],
    [
      '--no-audit',
      ['-o', 'new.ndjson', '--retry-failed', '--no-audit'],
      /--retry-failed needs the trail of the run, which --no-audit turns off/,
    ],
    ['a wrong path', ['--audit', 'no.db', '--resume'], /there is no file no\.db/],
    ['--allow-drift alone', ['--allow-drift'], /--allow-drift is for runs that are continued/],
    ['a file that is no trail', ['--audit', 'in.ndjson', '-o', 'x.ndjson', '--resume'], /in\.ndjson/],
  ])('usage: %s', async ([, args, message], { folder }) => {
    folder.write('in.ndjson', toLines(numbers(3)));
    const { code, stdout, stderr } = await folder.ask('run', held, 'in.ndjson', ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(readdirSync(folder.path)).toEqual(['in.ndjson']);
  });
});

describe('--retry-failed', () => {
  test('runs only the rows that have failed, and writes a whole output', async ({ folder }) => {
    folder.write(
      't.mjs',
      `import { existsSync, appendFileSync } from 'node:fs';
      export default ({ n }) => {
        appendFileSync(process.env.CALLED_MAIN ?? 2, \`running \${n}\\n\`);
        if (n % 3 === 1 && !existsSync('mended')) throw new Error('bad');
        return n;
      };`,
    );
    folder.write('in.ndjson', toLines(numbers(8)));
    for (const [output, flags] of [
      ['out.ndjson', []],
      ['out2.ndjson', ['--rejects', 'rejects.ndjson']],
    ] as const) {
      const args = ['run', 't.mjs', 'in.ndjson', '-o', output, ...flags];
      expect((await folder.ask(...args)).code).toBe(3);
      // that it fails again makes no difference to what becomes of the output: once is enough, or with each
      if (isStress || flags.length > 0) expect((await folder.ask(...args, '--retry-failed')).code).toBe(3);
      folder.write('mended', '');
      const { code, stderr } = await folder.ask(...args, '--retry-failed');
      expect({ code, ran: ranIn(stderr).toSorted(), output: folder.read(output) }).toEqual({
        code: 0,
        ran: [1, 4, 7],
        output: toLines(numbers(8).map(({ n }) => n)),
      });
      if (flags.length > 0) expect(folder.read('rejects.ndjson')).toBe('');
      rmSync(join(folder.path, 'mended'));
    }
  });
});

describe('the record of a run', () => {
  test("is beside the output, has the user's transform and formats, and texts as JSON", async ({
    folder,
  }) => {
    folder.write('in.csv', 'case,value\nvalue,1\n');
    await folder.ask('run', cases, 'in.csv', '-o', 'out.ndjson', '--worker-data', '{"secret":1}');
    const records = await recordsIn(folder);
    const [batch] = records.filter((record) => record.kind === 'batch');
    expect(batch?.transform.url).toMatch(/cli-cases\.mjs$/);
    expect(batch?.options).toMatchObject({
      exportName: 'default',
      inputFormat: 'csv',
      outputFormat: 'ndjson',
      rejects: false,
      workerDataSha256: expect.stringMatching(/^\w{64}$/) as string,
    });
    expect(JSON.stringify(batch)).not.toContain('secret');
    const [row] = records.filter((record) => record.kind === 'row');
    expect(row?.request).toBe('{"case":"value","value":"1"}');
  });

  test.for<[what: string, args: string[], files: string[]]>([
    ['no output', [], []],
    ['--no-audit', ['-o', 'out.ndjson', '--no-audit'], ['out.ndjson']],
    ['--audit', ['--audit', 'run.db'], ['run.db']],
    ['an output that is no file', ['-o', '/dev/null'], []],
  ])('%s', async ([, args, files], { folder }) => {
    folder.write('in.ndjson', toLines(numbers(3)));
    expect((await folder.ask('run', held, 'in.ndjson', ...args)).code).toBe(0);
    const left = readdirSync(folder.path).filter(
      (name) => name !== 'in.ndjson' && !/-(wal|shm|lock)$/.test(name),
    );
    expect(left).toEqual(files);
  });

  test('has nothing of what --redact names; the output has it, and the run goes on with the same flags alone', async ({
    folder,
  }) => {
    folder.write('t.mjs', 'export default ({ n, login }) => n + login.password.length;');
    const rows = (count: number) =>
      toLines(numbers(count).map(({ n }) => ({ n, login: { password: 'hunter2' } })));
    folder.write('in.ndjson', rows(3));
    const args = ['run', 't.mjs', 'in.ndjson', '-o', 'out.ndjson'];
    const redacting = ['--redact', '*.password', '--redact', 'key'];
    const first = await folder.run([...args, ...redacting]);
    expect(first.code).toBe(0);
    expect(first.stderr).toContain("Nothing was redacted at 'key' in what was written");
    expect(first.stderr).not.toContain('values from results');
    folder.write('in.ndjson', rows(5));
    const refused = await folder.ask(...args, '--resume');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(
      "--redact is not given, on record it was '*.password', 'key'. Give it the flags that it had, or --allow-drift",
    );
    expect((await folder.ask(...args, ...redacting, '--resume')).code).toBe(0);
    expect(folder.read('out.ndjson')).toBe(toLines([7, 8, 9, 10, 11]));
    expect(folder.read('out.ndjson.audit.db')).not.toContain('hunter2');
    const [row] = (await recordsIn(folder)).filter((record) => record.kind === 'row');
    expect(row?.request).toBe('{"n":0,"login":{"password":"[redacted]"}}');
    expect(await folder.ask('verify', 'out.ndjson.audit.db', 'out.ndjson')).toMatchObject({ code: 0 });
  });

  test('that has lost values of outputs to --redact is no source for an output, and says so', async ({
    folder,
  }) => {
    folder.write('t.mjs', 'export default ({ n, key }) => ({ n, key });');
    const rows = (count: number) => toLines(numbers(count).map(({ n }) => ({ n, key: `secret ${n}` })));
    folder.write('in.ndjson', rows(2));
    const args = ['run', 't.mjs', 'in.ndjson', '-o', 'out.ndjson', '--redact', 'key'];
    const first = await folder.ask(...args);
    expect(first.code).toBe(0);
    expect(
      first.stderr.match(/--redact takes values from results: --resume can not write them/g),
    ).toHaveLength(1);
    folder.write('in.ndjson', rows(3));
    const refused = await folder.ask(...args, '--resume');
    expect(refused.code).toBe(2);
    expect((await recordsIn(folder)).filter(({ kind }) => kind === 'batch')).toHaveLength(1);
    expect(refused.stderr).toContain(
      "Cannot continue the output from the record as --redact took values from what row 0 gave: run it anew, without --resume (--allow-drift writes '[redacted]' in their place)",
    );
    expect(folder.read('out.ndjson')).toBe(rows(2));
    const allowed = await folder.ask(...args, '--resume', '--allow-drift');
    expect(allowed.code).toBe(0);
    expect(allowed.stderr.match(/'\[redacted\]' is written .*/g)).toEqual([
      "'[redacted]' is written where the record has it in the place of values: row 0 is the first (a run anew, without --resume, has them)",
    ]);
    expect(folder.read('out.ndjson').split('\n').slice(0, 3)).toEqual([
      '{"n":0,"key":"[redacted]"}',
      '{"n":1,"key":"[redacted]"}',
      '{"n":2,"key":"secret 2"}',
    ]);
  });

  test('is not left behind when no row could run', async ({ folder }) => {
    folder.write('in.ndjson', toLines(numbers(3)));
    const { code } = await folder.ask(
      'run',
      transform('cli-throws-on-load.mjs'),
      'in.ndjson',
      '-o',
      'out.ndjson',
    );
    expect({ code, left: readdirSync(folder.path) }).toEqual({ code: 2, left: ['in.ndjson'] });
  });

  test.runIf(isStress)(
    'a run whose transform could not be loaded is not the one to resume',
    async ({ folder }) => {
      const args = ['run', 't.mjs', 'in.ndjson', '-o', 'out.ndjson'];
      folder.write('in.ndjson', toLines(numbers(3)));
      folder.write('t.mjs', 'export default ({ n }) => n;');
      await folder.ask(...args);
      folder.write('broken.mjs', 'throw new Error("not today")');
      expect((await folder.ask('run', 'broken.mjs', ...args.slice(2))).code).toBe(2);
      const { code, stderr } = await folder.ask(...args, '--resume');
      expect({ code, output: folder.read('out.ndjson') }).toEqual({ code: 0, output: '0\n1\n2\n' });
      expect(stderr).toContain('3 rows are on record, 0 of them have to run');
    },
  );

  test('a new run on the trail of one that died says what could have been done', async ({ folder }) => {
    await killedAt(folder, 4);
    const { code, stderr } = await folder.ask(...argsOf('out.ndjson'));
    expect({ code, output: folder.read('out.ndjson') }).toEqual({ code: 0, output: whole });
    expect(stderr).toContain('the last run on record did not finish; --resume would have continued it');
    const again = await folder.ask(...argsOf('out.ndjson', '--resume'));
    expect(again.stderr).toContain('10 rows are on record, 0 of them have to run');
  });

  test('a new run on the trail of one that was stopped says so too; on that of one that has ended, nothing', async ({
    folder,
  }) => {
    folder.write('t.mjs', 'export default ({ n }) => { if (n > 5) throw new Error(); return n; };');
    folder.write('in.ndjson', toLines(numbers(20)));
    const args = ['run', 't.mjs', 'in.ndjson', '-o', 'out.ndjson'];
    const stopped = await folder.ask(...args, '--max-errors', '1');
    expect(stopped.stderr).toContain('allows: 2 of 8; --resume continues the run\n');
    const verified = await folder.ask('verify', 'out.ndjson.audit.db', 'out.ndjson');
    expect(verified.stdout).toContain('\nThe run was stopped before all of its input was done');
    const again = await folder.ask(...args);
    expect(again.stderr).toContain('the last run on record did not finish; --resume would have continued it');
    expect((await folder.ask(...args)).stderr).not.toContain('--resume');
  });

  test('the trail can not be the input or the output', async ({ folder }) => {
    folder.write('in.ndjson', toLines(numbers(3)));
    const { code, stderr } = await folder.ask(
      'run',
      held,
      'in.ndjson',
      '-o',
      'out.db.csv',
      '--audit',
      'out.db.csv',
    );
    expect({ code, left: readdirSync(folder.path) }).toEqual({ code: 2, left: ['in.ndjson'] });
    expect(stderr).toContain('output out.db.csv and trail');
  });
});
