import { once } from 'node:events';
import { describe, expect } from 'vitest';
import { numbers, test, toLines, transform } from '../helpers/cli.ts';
import { isStress } from '../helpers/runs.ts';

describe('a closed or full output', () => {
  test('a closed pipe ends the run quietly, exit code 0', async ({ folder }) => {
    folder.write('in.ndjson', toLines(numbers(200_000)));
    const cli = folder.start('run', transform('cli-double.mjs'), 'in.ndjson');
    await once(cli.child.stdout, 'data');
    cli.child.stdout.destroy();
    expect(await cli.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('a closed pipe takes the help too, exit code 0', async ({ folder }) => {
    const cli = folder.start('run', '--help');
    cli.child.stdout.destroy();
    expect(await cli.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('a closed pipe takes an answer too, exit code 0', async ({ folder }) => {
    folder.write('in.ndjson', toLines(numbers(1)));
    await folder.ask('run', transform('cli-double.mjs'), 'in.ndjson', '--audit', 't.db');
    const cli = folder.start('audit', 't.db');
    cli.child.stdout.destroy();
    expect(await cli.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test.for([
    ['explain', 't.db', '0'],
    ['audit', 't.db'],
    ['verify', 't.db', '--json'],
    ['--help'],
    ['run', '--help'],
  ])('a full disk takes no answer, exit code 1: %s', async (args, { folder }) => {
    folder.write('in.ndjson', toLines(numbers(1)));
    await folder.ask('run', transform('cli-double.mjs'), 'in.ndjson', '--audit', 't.db');
    expect(folder.redirect({ stdout: '/dev/full' }, ...args)).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^pooled-executor: Cannot write stdout: ENOSPC: [^\n]*\n$/) as string,
    });
  });

  test('a closed pipe stops a run whose input is still open', async ({ folder }) => {
    const cli = folder.start('run', transform('cli-double.mjs'));
    cli.child.stdout.destroy();
    cli.child.stdin.write('{"n":1}\n');
    expect(await cli.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test.for(['out.ndjson', ...(isStress ? ['out.ndjson.gz', 'out.csv'] : [])])(
    'a full disk ends the run, exit code 1: %s',
    async (name, { folder }) => {
      folder.write('in.ndjson', toLines(numbers(20_000)));
      folder.link('/dev/full', name);
      const args = ['run', transform('cli-double.mjs'), 'in.ndjson', '-o', name];
      const { code, stderr } = await folder.run(args);
      expect(code).toBe(1);
      expect(stderr).toMatch(new RegExp(`^pooled-executor: Cannot write ${name}: ENOSPC: .*\n.* rows in `));
    },
  );
});

describe('--progress json', () => {
  test('stderr is one JSON object per line, the summary is the last', async ({ folder }) => {
    const { code, stderr } = await folder.run(
      ['run', transform('cli-cases.mjs'), '--progress', 'json'],
      toLines([{ case: 'nothing' }, { case: 'throws' }]),
    );
    expect(code).toBe(3);
    const lines = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toMatchObject({
      type: 'progress',
      rows: 0,
      failed: 0,
      inFlight: 0,
      inBackoff: 0,
      currentDelayMs: 0,
    });
    expect(lines.at(-1)).toEqual({
      type: 'summary',
      rows: 2,
      ok: 1,
      failed: 1,
      attempts: 2,
      capacityRetries: 0,
      elapsedMs: expect.any(Number) as number,
      rowsPerSecond: expect.any(Number) as number,
      peakDelayMs: 0,
      maxConcurrent: expect.any(Number) as number,
    });
  });

  test('an error is a line too', async ({ folder }) => {
    const { code, stderr } = await folder.run(
      ['run', transform('cli-cases.mjs'), '--progress', 'json', '--max-errors', '0'],
      toLines([{ case: 'throws' }]),
    );
    expect(code).toBe(1);
    const types = stderr
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types.slice(-2)).toEqual(['error', 'summary']);
  });
});

test('--progress tty is drawn where it is asked for', async ({ folder }) => {
  folder.write('in.ndjson', '{"n":1}');
  const { stderr } = await folder.ask('run', transform('cli-double.mjs'), 'in.ndjson', '--progress', 'tty');
  expect(stderr).toContain('0 rows · 0 rows/s · 0 errors · 0 in flight');
  expect(stderr).toMatch(/1 row in .*1 ok, 0 failed/);
});
