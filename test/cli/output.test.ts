import { existsSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { openOutput } from '../../src/cli/output.ts';
import { fromLines, numbers, test, toLines, transform } from '../helpers/cli.ts';

const HELD = transform('cli-held.mjs');

describe('an output that is discarded', () => {
  test('was made for that: is removed, while it is empty and nobody else may be at it', async ({
    folder,
  }) => {
    const file = join(folder.path, 'out.ndjson');
    const open = () => openOutput(file, undefined, 'replace');
    await (await open()).discard({ keeps: false });
    expect(existsSync(file)).toBe(false);
    await (await open()).discard({ keeps: true });
    expect(existsSync(file)).toBe(true);
    rmSync(file);
    const output = await open();
    writeFileSync(file, 'written by another run\n');
    await output.discard({ keeps: false });
    expect(folder.read('out.ndjson')).toBe('written by another run\n');
  });

  test('was made where a link leads: is removed there, and the link stays', async ({ folder }) => {
    folder.link('new.ndjson', 'link.ndjson');
    const output = await openOutput(join(folder.path, 'link.ndjson'), undefined, 'replace');
    expect(folder.read('new.ndjson')).toBe('');
    await output.discard({ keeps: false });
    expect(existsSync(join(folder.path, 'new.ndjson'))).toBe(false);
    expect(readlinkSync(join(folder.path, 'link.ndjson'))).toBe('new.ndjson');
  });

  test('was there: stays as it was', async ({ folder }) => {
    folder.write('out.ndjson', '');
    await (await openOutput(join(folder.path, 'out.ndjson'), undefined, 'replace')).discard({ keeps: false });
    expect(folder.read('out.ndjson')).toBe('');
  });
});

test('of two runs on one output the second is refused, and takes nothing from the first', async ({
  folder,
}) => {
  const until = folder.fifo('gate');
  folder.write('in.ndjson', toLines([{ n: 0, until }, { n: 1 }]));
  const args = ['run', HELD, 'in.ndjson', '-o', 'out.ndjson', '--pool-size', '1'];
  const first = folder.start(...args);
  await first.said('running 0\n');
  const { code, stderr } = await folder.run(args);
  expect(code).toBe(2);
  expect(stderr).toContain(`process ${String(first.child.pid)} writes to it`);
  writeFileSync(until, '');
  expect(await first.ended).toMatchObject({ code: 0 });
  expect(fromLines(folder.read('out.ndjson'))).toEqual(numbers(2));
  expect(await folder.ask('verify', 'out.ndjson.audit.db', 'out.ndjson')).toMatchObject({ code: 0 });
});

test('an output that somebody removes under way: the run says that its rows are lost, exit code 1', async ({
  folder,
}) => {
  const until = folder.fifo('gate');
  folder.write('in.ndjson', toLines([{ n: 0, until }, { n: 1 }]));
  const cli = folder.start('run', HELD, 'in.ndjson', '-o', 'out.ndjson', '--no-audit', '--pool-size', '1');
  await cli.said('running 0\n');
  rmSync(join(folder.path, 'out.ndjson'));
  writeFileSync(until, '');
  const { code, stderr } = await cli.ended;
  expect(code).toBe(1);
  expect(stderr).toContain(
    'Cannot write out.ndjson: somebody has removed it meanwhile, so that its rows are lost',
  );
});
