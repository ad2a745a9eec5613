import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import { SqliteAuditTrail } from '../../src/index.ts';
import { numbers, test, toLines, transform } from '../helpers/cli.ts';
import { isStress } from '../helpers/runs.ts';

const loud = transform('cli-loud.mjs');

/** It takes its time. */
const NEVER_LOADS: [what: string, args: string[], message: RegExp] = [
  'module that never finishes',
  [transform('cli-never-loads.mjs'), '--load-timeout-ms', '1500'],
  /cli-never-loads\.mjs: it had not finished loading after --load-timeout-ms \(1500 ms\)$/m,
];

describe('usage errors: exit code 2, one line, nothing was started or overwritten', () => {
  test.for<[what: string, args: string[], message: RegExp]>([
    ['missing input', ['nope.ndjson'], /Cannot read nope\.ndjson: there is no such file$/m],
    ['a folder', ['.'], /Cannot read \.: it is a directory/],
    [
      'unwritable output',
      ['in.ndjson', '-o', 'no/out.ndjson'],
      /Cannot write no\/out\.ndjson: the folder no doesn't exist: create it first$/m,
    ],
    [
      'unwritable rejects',
      ['in.ndjson', '-o', 'out.ndjson', '--rejects', 'no/r.ndjson'],
      /Cannot write no\/r.ndjson/,
    ],
    [
      'output is input',
      ['in.ndjson', '-o', './in.ndjson'],
      /input in.ndjson and output .\/in.ndjson are the same/,
    ],
    ['rejects is output', ['in.ndjson', '-o', 'out.ndjson', '--rejects', 'out.ndjson'], /are the same/],
    ['output is a link to itself', ['in.ndjson', '-o', 'loop.ndjson'], /Cannot write loop\.ndjson: ELOOP/],
    [
      'rejects are a link into a missing folder',
      ['in.ndjson', '-o', 'out.ndjson', '--rejects', 'dangling.ndjson'],
      /Cannot write dangling\.ndjson: .* the folder \S*\/no doesn't exist: create it first$/m,
    ],
    [
      'record is a link to itself',
      ['in.ndjson', '--audit', 'loop.ndjson'],
      /Cannot write \S*loop\.ndjson: ELOOP/,
    ],
    ['record on stdout', ['in.ndjson', '--audit', '-'], /--audit must name a file: received '-'$/m],
    ['empty input', [''], /The name of the input is empty: is a variable not set\?$/m],
    ['empty output', ['in.ndjson', '-o', ''], /The name of the output is empty/],
    ['empty rejects', ['in.ndjson', '-o', 'out.ndjson', '--rejects', ''], /The name of the rejects is empty/],
    ['empty record', ['in.ndjson', '--audit', ''], /The name of the trail is empty/],
    ['rejects on stdout', ['in.ndjson', '--rejects', '-'], /--rejects must name a file/],
    ['rejects as CSV', ['in.ndjson', '--rejects', 'r.csv'], /--rejects is written as NDJSON/],
    ['unknown extension', ['in.ndjson', '-o', 'out.xml'], /format of out.xml .* '\.xml': .* give --format/],
    ['unknown format', ['in.ndjson', '--format', 'xml'], /--format .*'xml' is invalid/],
    ['unknown flag', ['in.ndjson', '--unordered'], /unknown option '--unordered'/],
    ['too many arguments', ['in.ndjson', 'x'], /too many arguments/],
    [
      'no number',
      ['in.ndjson', '--pool-size', 'abc'],
      /--pool-size must be a positive integer.*: received 'abc'/,
    ],
    [
      'empty number',
      ['in.ndjson', '--pool-size', ''],
      /--pool-size must be a positive integer.*: received ''/,
    ],
    [
      'hexadecimal',
      ['in.ndjson', '--max-row-crashes', '0x10'],
      /--max-row-crashes must be .*: received '0x10'/,
    ],
    [
      'multiplier',
      ['in.ndjson', '--backoff-multiplier', '1'],
      /--backoff-multiplier must be .* above 1: received '1'/,
    ],
    [
      'threads above pool size',
      ['in.ndjson', '--pool-size', '2', '--threads', '4'],
      /--threads must not be above --pool-size \(2\): received '4'/,
    ],
    [
      'min above max',
      ['in.ndjson', '--min-dispatch-delay-ms', '6000'],
      /--min-dispatch-delay-ms must not be above --max-dispatch-delay-ms \(5000\): received '6000'/,
    ],
    ['window', ['in.ndjson', '--window', '0'], /--window must be a positive integer: received '0'/],
    ['slice size', ['in.ndjson', '--slice-size', 'big'], /--slice-size must be 'auto' or .*: received 'big'/],
    [
      'a limit that there is not',
      ['in.ndjson', '--resource-limits', '{"heapMb":64}'],
      /'heapMb' in --resource-limits is not an option: received 64$/m,
    ],
    ['isolation', ['in.ndjson', '--isolation', 'moon'], /--isolation must be .*: received 'moon'/],
    ['JSON', ['in.ndjson', '--worker-data', '{a'], /--worker-data must be JSON: received '\{a'/],
    [
      'with and without a record',
      ['in.ndjson', '--no-audit', '--audit', 'y.db'],
      /--audit and --no-audit contradict one another/,
    ],
    [
      'redact: no path',
      ['in.ndjson', '--audit', 'y.db', '--redact', 'a..b'],
      /Cannot redact 'a\.\.b' as it is no path/,
    ],
    ['redact: no record', ['in.ndjson', '--redact', 'key'], /--redact is for runs on record/],
    ['environment', ['in.ndjson', '--env', 'FOO'], /--env must be KEY=VALUE: received 'FOO'/],
    ['max errors', ['in.ndjson', '--max-errors', '5x'], /--max-errors must be .*: received '5x'/],
  ])('%s', async ([, args, message], { folder }) => {
    const [input, output] = [toLines(numbers(10)), 'precious\n'];
    folder.write('in.ndjson', input);
    folder.write('out.ndjson', output);
    folder.link('loop.ndjson', 'loop.ndjson');
    folder.link('no/dangling.ndjson', 'dangling.ndjson');
    const { code, stdout, stderr } = await folder.ask('run', loud, ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^pooled-executor: .*\n(\(--help .*\)\n)?$/);
    expect([folder.read('in.ndjson'), folder.read('out.ndjson')]).toEqual([input, output]);
    expect(readdirSync(folder.path)).toHaveLength(4);
  });

  test.for<[what: string, args: string[], message: RegExp]>([
    ['rejects', ['-o', 'out.ndjson', '--rejects', 't.mjs'], /transform \S*\/t\.mjs and rejects t\.mjs are/],
    ['output', ['-o', 't.mjs', '--format', 'ndjson'], /transform \S*\/t\.mjs and output t\.mjs are/],
  ])('the transform as %s', async ([, args, message], { folder }) => {
    const module = 'export default (row) => row;';
    folder.write('t.mjs', module);
    folder.write('in.ndjson', toLines(numbers(3)));
    const { code, stderr } = await folder.ask('run', 't.mjs', 'in.ndjson', ...args);
    expect({ code, module: folder.read('t.mjs') }).toEqual({ code: 2, module });
    expect(stderr).toMatch(/^pooled-executor: Cannot use one file twice: .* the same\n$/);
    expect(stderr).toMatch(message);
    expect(readdirSync(folder.path).toSorted()).toEqual(['in.ndjson', 't.mjs']);
  });

  test.for(['-wal', '-shm', '-lock'])(
    "what is kept beside the trail as rejects: '%s'",
    async (end, { folder }) => {
      folder.write('in.ndjson', toLines(numbers(3)));
      const rejects = ['--rejects', `t.db${end}`];
      const { code, stderr } = await folder.ask('run', loud, 'in.ndjson', '--audit', 't.db', ...rejects);
      expect(code).toBe(2);
      expect(stderr).toContain(
        `rejects t.db${end} and trail ${join(folder.path, `t.db${end}`)} are the same`,
      );
      expect(readdirSync(folder.path)).toEqual(['in.ndjson']);
    },
  );

  test('a folder as output', async ({ folder }) => {
    folder.write('in.ndjson', toLines(numbers(3)));
    mkdirSync(join(folder.path, 'out.ndjson'));
    const { code, stderr } = await folder.ask('run', loud, 'in.ndjson', '-o', 'out.ndjson', '--no-audit');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/^pooled-executor: Cannot write out\.ndjson: .*\n$/) as string,
    });
  });

  test('a folder on stdin', ({ folder }) => {
    const { code, stderr } = folder.redirect({ stdin: '.' }, 'run', loud, '-o', 'out.ndjson');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'pooled-executor: Cannot read stdin: it is a directory\n',
    });
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test.for<[what: string, bytes: Buffer, message: string]>([
    [
      'gzip under another name',
      gzipSync('{"n":1}\n'),
      'it is compressed with gzip: give it a name that ends with .gz, or pipe it through gzip -dc',
    ],
    [
      'zstd',
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x04]),
      'it is compressed with zstd: pipe it through zstd -dc',
    ],
    [
      'UTF-16',
      Buffer.from('\uFEFF{"n":1}\n', 'utf16le'),
      'it is UTF-16: pipe it through iconv -f UTF-16 -t UTF-8',
    ],
    [
      'UTF-16, big endian',
      Buffer.from('\uFEFF{"n":1}\n', 'utf16le').swap16(),
      'it is UTF-16: pipe it through iconv -f UTF-16 -t UTF-8',
    ],
  ])('an input that is no text: %s', async ([, bytes, message], { folder }) => {
    folder.write('in.ndjson', bytes);
    folder.write('out.ndjson', 'precious\n');
    const { code, stderr } = await folder.ask('run', loud, 'in.ndjson', '-o', 'out.ndjson');
    expect({ code, stderr, output: folder.read('out.ndjson') }).toEqual({
      code: 2,
      stderr: `pooled-executor: Cannot read in.ndjson: ${message}\n`,
      output: 'precious\n',
    });
    expect(readdirSync(folder.path).toSorted()).toEqual(['in.ndjson', 'out.ndjson']);
  });

  test('--resume, verify: a trail without a run', async ({ folder }) => {
    folder.write('in.ndjson', toLines(numbers(3)));
    await (await SqliteAuditTrail.open(join(folder.path, 't.db'))).close();
    const resumed = await folder.ask(
      'run',
      loud,
      'in.ndjson',
      '-o',
      'out.ndjson',
      '--audit',
      't.db',
      '--resume',
    );
    expect(resumed).toMatchObject({
      code: 2,
      stderr: `pooled-executor: Nothing to continue: ${join(folder.path, 't.db')} has no run on record\n`,
    });
    const verified = await folder.ask('verify', 't.db');
    expect(verified).toMatchObject({ code: 2, stdout: '' });
    expect(verified.stderr).toMatch(/^pooled-executor: .* no run/);
  });

  test.for<[what: string, args: string[], message: RegExp]>([
    [
      'missing module',
      ['nope.mjs'],
      /^pooled-executor: Cannot load transform \S*\/nope\.mjs: there is no such file$/m,
    ],
    ['a folder', ['.'], /^pooled-executor: Cannot load transform \/\S*: it is a folder$/m],
    ['a malformed URL', ['file:///%zz.mjs'], /Cannot load transform file:\/\/\/%zz\.mjs: URI malformed$/m],
    ['an empty name', [''], /The name of the transform is empty/],
    ['module that throws', [transform('cli-throws-on-load.mjs')], /cli-throws-on-load.mjs: Error: not today/],
    [
      'module that ends the worker',
      [transform('cli-exits-on-load.mjs')],
      /Cannot load transform .*cli-exits-on-load\.mjs: its worker ended meanwhile: worker exited with code: 0$/m,
    ],
    [
      'module that ends the process',
      [transform('cli-exits-on-load.mjs'), '--isolation', 'process'],
      /Cannot load transform .*cli-exits-on-load\.mjs: its worker ended meanwhile: .* with code: 0$/m,
    ],
    [
      'flag that Node does not know',
      [transform('cli-double.mjs'), '--exec-argv=--nope'],
      /--exec-argv must be options that workers of Node take: .*--nope/,
    ],
    ['missing export', [transform('cli-double.mjs'), '--export', 'nope'], /export 'nope' must be a function/],
    [
      'export of another type',
      [transform('cli-double.mjs'), '--export', 'notAFunction'],
      /exports it as number/,
    ],
    ...(isStress ? [NEVER_LOADS] : []),
  ])('transform that can not be loaded: %s', async ([what, args, message], { folder }) => {
    folder.write('out.ndjson', 'precious\n');
    const [module = '', ...flags] = args;
    const all = ['run', module, 'in.ndjson', '-o', 'out.ndjson', '--rejects', 'new.ndjson', ...flags];
    // in a process of its own where something might keep that from its end
    const isStuck = what === NEVER_LOADS[0];
    for (const rows of [numbers(10), []]) {
      folder.write('in.ndjson', toLines(rows));
      const { code, stderr } = await (isStuck ? folder.run(all) : folder.ask(...all));
      expect(code).toBe(2);
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/^pooled-executor: [^\n]*\n$/);
      expect(folder.read('out.ndjson')).toBe('precious\n');
      for (const made of ['new.ndjson', 'out.ndjson.audit.db'])
        expect(() => folder.read(made)).toThrow('ENOENT');
    }
  });

  test.for([
    ['blank lines', 'in.ndjson', ' \n\n'],
    ['a header', 'in.csv', 'n\n'],
    ['nothing, compressed', 'in.ndjson.gz', gzipSync('')],
  ] as const)('missing module, and an input of no rows: %s', async ([, input, content], { folder }) => {
    folder.write(input, content);
    expect(await folder.ask('run', 'nope.mjs', input)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/nope\.mjs: there is no such file\n$/) as string,
    });
  });

  test('missing module, and a run without rows that is continued', async ({ folder }) => {
    const module = folder.write('t.mjs', 'export default (row) => row;');
    folder.write('in.ndjson', '');
    const args = ['run', module, 'in.ndjson', '-o', 'out.ndjson'];
    expect(await folder.ask(...args)).toMatchObject({ code: 0 });
    folder.write('t.mjs', 'export const nothing = 0;');
    expect(await folder.ask(...args, '--resume', '--allow-drift')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/t\.mjs: export 'default' must be a function/) as string,
    });
    expect(await folder.ask('verify', 'out.ndjson.audit.db', 'out.ndjson')).toMatchObject({ code: 0 });
  });

  test.for<[what: string, ...args: string[]]>([
    ['trail', 'explain', '', '0'],
    ['row', 'explain', 't.db', ''],
    ['trail', 'audit', ''],
    ['trail', 'verify', ''],
    ['output', 'verify', 't.db', ''],
    ['rejects', 'verify', 't.db', 'out.ndjson', '--rejects', ''],
  ])('empty %s: %s', async ([what, ...args], { folder }) => {
    expect(await folder.ask(...args)).toEqual({
      code: 2,
      stdout: '',
      stderr: `pooled-executor: The name of the ${what} is empty: is a variable not set?\n`,
    });
  });

  test('no command, unknown command, missing argument', async ({ folder }) => {
    expect(await folder.run([])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Usage:') as string,
    });
    expect(await folder.ask('fly')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("'fly'") as string,
    });
    expect(await folder.ask('run')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("'transform'") as string,
    });
  });
});

test('--version and --help', async ({ folder }) => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(await folder.ask('--version')).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  expect(await folder.ask('--help')).toMatchObject({ code: 0, stderr: '' });
  const help = await folder.ask('run', '--help');
  expect(help).toMatchObject({ code: 0, stderr: '' });
  const words = ['--pool-size', '--redact', '--max-errors', '--rejects', 'Exit codes', 'Examples'];
  for (const word of [...words, 'fs.writeSync(1, ...)', 'needs the package installed in its own project'])
    expect(help.stdout).toContain(word);
});
