import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished } from 'vitest';
import { Redactor } from '../../src/audit/redactor.ts';
import { TrailAppender } from '../../src/audit/trail-appender.ts';
import { TrailFile } from '../../src/audit/trail-file.ts';
import { SqliteAuditTrail } from '../../src/index.ts';
import { test, type CreateExecutor } from '../helpers/executor-fixture.ts';
import { liveThreads } from '../helpers/live-workers.ts';
import { openTrail, recordsIn, temporaryFolder, trailPath } from '../helpers/trail-files.ts';

/** Runs a batch on a trail that can't be opened, or is closed in the end, and says how it ended. */
function runOn(createExecutor: CreateExecutor, trail: SqliteAuditTrail): Promise<unknown> {
  const transform = (row: number) => row;
  const executor = createExecutor({ transform, audit: trail }, { further: 'refused' });
  return executor.map([1, 2, 3]).catch((reason: unknown) => reason);
}

describe('a trail that can not be opened', () => {
  test.for<[string, string, (path: string) => void]>([
    [
      'a text file',
      'it is no audit trail',
      (path) => writeFileSync(path, 'not a database, but longer than its header is'.repeat(9)),
    ],
    [
      'another SQLite file',
      'it is no audit trail',
      (path) => {
        const database = new DatabaseSync(path);
        database.exec('CREATE TABLE t (x)');
        database.close();
      },
    ],
    ['a folder', 'it is a folder', (path) => mkdirSync(path)],
    [
      'a file whose lock is being taken by another process',
      'another process writes to it',
      (path) => {
        const lock = new DatabaseSync(`${path}-lock`);
        lock.exec('BEGIN EXCLUSIVE');
        onTestFinished(() => {
          lock.close();
        });
      },
    ],
    [
      'a file whose lock is no database',
      'it is no audit trail (SQLite: file is not a database)',
      (path) => writeFileSync(`${path}-lock`, 'not a database, but longer than its header is'.repeat(9)),
    ],
    [
      'a trail of a newer version',
      'it was made by a newer version of pooled-executor',
      (path) => {
        new TrailFile({ path, readOnly: false, create: true }).close();
        const database = new DatabaseSync(path);
        database.exec('PRAGMA user_version = 99');
        database.close();
      },
    ],
  ])(
    'I10 %s: the batch rejects with the file and the reason, and the file stays',
    async ([, reason, make], { createExecutor }) => {
      const path = trailPath();
      make(path);
      const before = readdirSync(dirname(path));
      const threads = liveThreads();
      const trail = new SqliteAuditTrail(path);
      const outcome = await runOn(createExecutor, trail);
      expect(outcome).toBeInstanceOf(Error);
      expect((outcome as Error).message).toContain(`Cannot open audit trail ${path} as ${reason}`);
      await trail.close();
      expect(liveThreads()).toBe(threads);
      expect(readdirSync(dirname(path))).toEqual(before);
    },
  );

  test('a missing folder: nothing is created', async ({ createExecutor }) => {
    const path = join(temporaryFolder(), 'missing', 'run.db');
    const trail = openTrail(path);
    expect(await runOn(createExecutor, trail)).toMatchObject({
      message: expect.stringContaining(
        `the folder ${dirname(path)} doesn't exist: create it first`,
      ) as string,
    });
    expect(existsSync(dirname(path))).toBe(false);
  });

  test('an empty file is no trail to read, and stays empty', async () => {
    const path = trailPath();
    writeFileSync(path, '');
    await expect(SqliteAuditTrail.open(path, { readOnly: true })).rejects.toThrow('it is no audit trail');
    expect(statSync(path).size).toBe(0);
  });

  test('create: false refuses a file that does not exist', async () => {
    const path = trailPath();
    await expect(SqliteAuditTrail.open(path, { create: false })).rejects.toThrow("it doesn't exist");
    expect(readdirSync(dirname(path))).toEqual([]);
  });
});

describe('one writer for a file', () => {
  test('a second one in the process is refused; readers are not; afterwards the file is free', async ({
    createExecutor,
  }) => {
    const path = trailPath();
    const first = await SqliteAuditTrail.open(path);
    const second = openTrail(path);
    expect(await runOn(createExecutor, second)).toMatchObject({
      message: expect.stringContaining(
        `Cannot open audit trail ${path} as this process has it open for writing already`,
      ) as string,
    });
    await runOn(createExecutor, first);
    expect((await recordsIn(openTrail(path, { readOnly: true }))).length).toBeGreaterThan(9);
    await first.close();
    await (await SqliteAuditTrail.open(path)).close();
  });

  test('another process is refused with the id of the one that writes; when that is killed the file is free', async () => {
    const path = trailPath();
    const first = await SqliteAuditTrail.open(path);
    const tryToOpen = (action: string) =>
      spawnSync(
        process.execPath,
        [
          '--input-type=module',
          '-e',
          `const { TrailFile } = await import(${JSON.stringify(new URL('../../src/audit/trail-file.ts', import.meta.url))});
           try { new TrailFile({ path: ${JSON.stringify(path)}, readOnly: false, create: true }); ${action} }
           catch (reason) { console.log(reason.message); }`,
        ],
        { encoding: 'utf8' },
      ).stdout;
    expect(tryToOpen('')).toContain(`as process ${process.pid} writes to it`);
    await first.close();
    tryToOpen(`process.kill(process.pid, 'SIGKILL')`);
    expect(existsSync(`${path}-lock`)).toBe(true);
    const after = await SqliteAuditTrail.open(path);
    await after.close();
    expect(readdirSync(dirname(path))).toEqual(['run.audit.db']);
  });
});

describe('a disk that is full', () => {
  test('an append throws, nothing of it is in the file, and smaller ones go on where it began', () => {
    const path = trailPath();
    const file = new TrailFile({ path, readOnly: false, create: true });
    const appender = new TrailAppender(file, new Redactor([]));
    const set = (text: string) => ({
      kind: 'batch' as const,
      runId: 'r',
      batchId: 'b',
      at: 1,
      count: 1,
      fields: [`"text":"${text}"`],
    });
    appender.append([set('before')]);
    const pages = Number(file.database.prepare('PRAGMA page_count').get()?.['page_count']);
    file.database.exec(`PRAGMA max_page_count = ${pages + 2}`);
    expect(() => appender.append([set('small'), set('x'.repeat(100_000))])).toThrow(
      `Cannot write to audit trail ${path} as its disk is full: make room and continue the run`,
    );
    appender.append([set('after')]);
    expect(file.database.prepare('SELECT seq, body FROM block').all()).toEqual([
      { seq: 1, body: '[{"text":"before"}]' },
      { seq: 2, body: '[{"text":"after"}]' },
    ]);
    file.close();
  });

  test.skipIf(process.platform === 'win32')(
    'I10 the batch rejects, no unrecorded entry is given out, and the process ends',
    () => {
      const folder = temporaryFolder();
      const index = new URL('../../src/index.ts', import.meta.url).href;
      const script = `
        const { PooledExecutor, SqliteAuditTrail } = await import(${JSON.stringify(index)});
        const audit = new SqliteAuditTrail(${JSON.stringify(join(folder, 'run.db'))});
        const executor = new PooledExecutor({ transform: (row) => 'x'.repeat(200) + row, audit });
        let taken = 0;
        try {
          for await (const entry of executor.stream(Array.from({ length: 20_000 }, (_, row) => row), { runId: 'r' })) taken++;
        } catch (reason) { console.log(reason.message); }
        await executor.shutdown();
        await audit.close().catch(() => undefined);
        const reader = await SqliteAuditTrail.open(audit.path, { readOnly: true });
        const [run] = await reader.runs();
        await reader.close();
        console.log(taken > 0 && run.entries >= taken ? 'recorded' : 'unrecorded: ' + taken + ' of ' + run.entries);`;
      const file = join(folder, 'script.mjs');
      writeFileSync(file, script);
      // the limit on the size of a file, with its signal ignored, fails writes like a full disk
      const { stdout, status } = spawnSync(
        'bash',
        ['-c', `trap '' XFSZ; ulimit -f 1500; exec "$0" "$1"`, process.execPath, file],
        { encoding: 'utf8' },
      );
      expect(stdout).toMatch(
        /^Cannot record to the audit trail: Cannot write to audit trail .*run\.db as its disk /,
      );
      expect(stdout).toContain('\nrecorded\n');
      expect(status).toBe(0);
    },
  );
});
