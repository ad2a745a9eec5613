import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test, toLines, transform } from '../helpers/cli.ts';
import { withDeadline } from '../helpers/deadline.ts';

const DEADLINE_MS = 60_000;

describe('a process that dies', () => {
  test('takes its worker processes with it, also one in an endless loop', async ({ folder }) => {
    const path = join(folder.path, 'row.socket');
    const server = createServer().listen(path);
    await once(server, 'listening');
    const arrived = once(server, 'connection') as Promise<[Socket]>;
    folder.write('in.ndjson', toLines([{ path }]));
    const cli = folder.start(
      ...['run', transform('cli-connects-and-loops.mjs'), 'in.ndjson', '-o', 'out.ndjson'],
      ...['--isolation', 'process', '--pool-size', '1', '--no-audit'],
    );
    const [row] = await withDeadline(arrived, DEADLINE_MS, () => 'the row has not begun');
    const gone = once(row.resume(), 'close'); // the row's process holds the other end
    cli.child.kill('SIGKILL');
    await withDeadline(gone, DEADLINE_MS, () => 'the worker process goes on');
    expect(row.closed).toBe(true);
    server.close();
  });
});
