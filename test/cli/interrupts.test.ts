import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { fromLines, numbers, test, toLines, transform } from '../helpers/cli.ts';
import { isStress } from '../helpers/runs.ts';

const held = transform('cli-held.mjs');
const args = ['run', held, '--pool-size', '1', '--slice-size', '1', '--window', '3'];
const INVITATION = 'again to stop now';

describe('signals', () => {
  const first = [['SIGINT', 130] as const, ...(isStress ? [['SIGTERM', 143] as const] : [])];
  test.for(first)(
    'the first %s finishes the rows that were taken in, exit code %i',
    async ([signal, code], { folder }) => {
      const until = folder.fifo('gate');
      folder.write('in.ndjson', toLines(numbers(10).map(({ n }) => (n === 1 ? { n, until } : { n }))));
      const cli = folder.start(...args, 'in.ndjson', '-o', 'out.ndjson');
      await cli.said('running 1\n');
      cli.child.kill(signal);
      await cli.said(INVITATION);
      writeFileSync(until, '');
      const { code: found, stderr } = await cli.ended;
      expect(found).toBe(code);
      const rows = fromLines(folder.read('out.ndjson'));
      expect(rows).toEqual(numbers(rows.length));
      expect(rows.length).toBeGreaterThanOrEqual(2);
      expect(rows.length).toBeLessThan(10);
      expect(stderr).toContain('interrupted: the output ends before the input; --resume continues the run\n');
      expect(stderr).toContain(`${rows.length} rows in `);
      // the first of them may have been written before
      const left = Number(/ finished first, (\d+) left \(again/.exec(stderr)?.[1]);
      expect([rows.length - 1, rows.length]).toContain(left);
    },
  );

  test('an output that is complete all the same is said to be', async ({ folder }) => {
    const until = folder.fifo('gate');
    folder.write('in.ndjson', toLines([{ n: 0 }, { n: 1, until }]));
    const cli = folder.start(...args, 'in.ndjson', '-o', 'out.ndjson');
    await cli.said('running 1\n');
    cli.child.kill('SIGINT');
    await cli.said(INVITATION);
    writeFileSync(until, '');
    const { code, stderr } = await cli.ended;
    expect({ code, output: folder.read('out.ndjson') }).toEqual({ code: 130, output: toLines(numbers(2)) });
    expect(stderr).toContain('had been taken in: the output is complete\n');
    expect(stderr).not.toContain('--resume');
    const verified = await folder.ask('verify', 'out.ndjson.audit.db', 'out.ndjson');
    expect(verified.stdout).toContain('\nVerified: everything');
  });

  test('a signal ends a run whose input says nothing', async ({ folder }) => {
    const cli = folder.start(...args);
    cli.child.stdin.write('{"n":0}\n');
    await cli.said('running 0\n');
    cli.child.kill('SIGINT');
    expect(await cli.ended).toMatchObject({ code: 130, stdout: '{"n":0}\n' });
  });

  test('a signal ends a run whose input has said nothing: its transform is not loaded for that', async ({
    folder,
  }) => {
    const cli = folder.start('run', 'nope.mjs', '--progress', 'json');
    await cli.said('{');
    cli.child.kill('SIGINT');
    expect(await cli.ended).toMatchObject({ code: 130, stdout: '' });
  });

  test('a run that was stopped before it had a row can be continued if it says so, and else run again', async ({
    folder,
  }) => {
    const again = ['run', transform('cli-double.mjs'), '-', '-o', 'out.ndjson'];
    const cli = folder.start(...again, '--progress', 'json');
    await cli.said('{');
    cli.child.kill('SIGINT');
    const { code, stderr } = await cli.ended;
    expect(code).toBe(130);
    const next = stderr.includes('; --resume continues the run') ? [...again, '--resume'] : again;
    expect(await folder.run(next, toLines(numbers(1)))).toMatchObject({ code: 0 });
    expect(folder.read('out.ndjson')).toBe(toLines([{ n: 0, double: 0 }]));
  });

  test('the second Ctrl-C stops now: what is done is written, and verify names what was cut off', async ({
    folder,
  }) => {
    folder.write('in.ndjson', toLines(numbers(10).map(({ n }) => ({ n, forEver: n === 2 }))));
    const cli = folder.start(...args, 'in.ndjson', '-o', 'out.ndjson');
    await cli.said('running 2\n');
    cli.child.kill('SIGINT');
    await cli.said(INVITATION);
    cli.child.kill('SIGINT');
    expect(await cli.ended).toMatchObject({ code: 130, stdout: '' });
    expect(fromLines(folder.read('out.ndjson'))).toEqual(numbers(2));
    const verified = await folder.ask('verify', 'out.ndjson.audit.db', 'out.ndjson');
    expect(verified.code).toBe(1);
    expect(verified.stdout).toMatch(
      /\n\nPROBLEM {2}Rows? 2(?: to \d)? ha(?:s|ve) no terminal entry: (?:it was|they were) cut off \(shutdown_requested\)\nThe run was stopped /,
    );
  });

  test.runIf(isStress)('the second Ctrl-C does not wait for a reader of the output', async ({ folder }) => {
    folder.write(
      'in.ndjson',
      toLines([
        { n: 0, pad: 4_000_000 },
        { n: 1, until: folder.fifo('gate') },
      ]),
    );
    const cli = folder.start(...args, 'in.ndjson', '--audit', 'run.db');
    cli.child.stdout.pause();
    await cli.said('running 1\n');
    writeFileSync(join(folder.path, 'gate'), '');
    cli.child.kill('SIGINT');
    await cli.said(INVITATION);
    cli.child.kill('SIGINT');
    expect(await once(cli.child, 'exit')).toEqual([130, null]);
    cli.child.stdout.resume();
    await cli.ended;
    expect((await folder.ask('verify', 'run.db')).stdout).not.toContain('never ended');
  });

  test.runIf(isStress)(
    'signals that come together are one, as when npm passes on what the terminal has sent',
    async ({ folder }) => {
      const until = folder.fifo('gate');
      folder.write('in.ndjson', toLines([{ n: 0, until }]));
      const cli = folder.start(...args, 'in.ndjson');
      await cli.said('running 0\n');
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGINT'] as const) cli.child.kill(signal);
      await cli.said(INVITATION);
      writeFileSync(until, '');
      expect(await cli.ended).toMatchObject({ stdout: '{"n":0}\n' });
    },
  );
});
