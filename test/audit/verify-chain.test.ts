import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, describe, expect, test } from 'vitest';
import { PooledExecutor, SqliteAuditTrail, type ChainReport } from '../../src/index.ts';
import { openTrail, trailPath } from '../helpers/trail-files.ts';

const LARGE = 'large '.repeat(1_000);

/** Two runs with everything in them that a trail can have. */
async function writeTrail(path: string): Promise<void> {
  const trail = new SqliteAuditTrail(path);
  const executor = new PooledExecutor<number, unknown>({
    transform: (row, context) => {
      if (row === 3) throw new RangeError(LARGE);
      return row === 5 ? context.call('ask', { row }, () => 'secret answer') : { row, text: `text ${row}` };
    },
    audit: trail,
  });
  for (const runId of ['one', 'two']) {
    await executor.map(
      Array.from({ length: 20 }, (_, row) => row),
      { runId },
    );
  }
  await executor.shutdown();
  await trail.close();
}

/** Changes a trail's file by SQL and checks it. */
async function reportAfter(original: string, ...changes: readonly string[]): Promise<ChainReport> {
  const path = trailPath();
  copyFileSync(original, path);
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  try {
    for (const change of changes) database.exec(change);
  } finally {
    database.close();
  }
  return openTrail(path, { readOnly: true }).verifyChain();
}

const COLUMNS = {
  count: 'count + 1',
  kind: `kind || 'x'`,
  batch: '3 - batch',
  at: 'at + 0.0009765625',
  first_row: 'coalesce(first_row, 0) + 1',
  last_row: 'coalesce(last_row, 0) + 1',
  call_key: `coalesce(call_key, '') || 'x' || seq`,
  common: `common || ' '`,
  body: `replace(body, '}', ' }')`,
  spans: `coalesce(spans, '') || '[]'`,
  hash: `'0' || substr(hash, 2) || '0'`,
};

describe('verifyChain', () => {
  let original: string;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pooled-executor-chain-'));
    original = join(folder, 'run.db');
    await writeTrail(original);
    return () => {
      rmSync(folder, { recursive: true });
    };
  });

  test('an untouched trail is intact, and every record was looked at', async () => {
    const trail = openTrail(original, { readOnly: true });
    let last = 0;
    for await (const page of trail.records()) last = page.at(-1)!.seq;
    expect(await trail.verifyChain()).toMatchObject({ intact: true, records: last, problems: [] });
  });

  test('a trail without records is intact', async () => {
    expect(await openTrail().verifyChain()).toEqual({ intact: true, records: 0, headHash: '', problems: [] });
  });

  test.each(Object.entries(COLUMNS))(
    'any change in column %s of any record is found',
    async (column, changed) => {
      const database = new DatabaseSync(original, { readOnly: true });
      const blocks = database.prepare('SELECT seq FROM block').all();
      database.close();
      const chosen = [blocks[0]!, blocks[Math.floor(blocks.length / 2)]!, blocks.at(-1)!];
      const seqs = chosen.map((row) => Number(row['seq']));
      const report = await reportAfter(
        original,
        `UPDATE block SET ${column} = ${changed} WHERE seq IN (${seqs.join()})`,
      );
      expect(report.intact).toBe(false);
      for (const seq of seqs) {
        const about = new RegExp(`^records? ${seq} (is|to \\d+ are) `, 'm');
        expect(report.problems.join('\n')).toMatch(about);
      }
    },
  );

  test.each([
    ['the first record is deleted', 'DELETE FROM block WHERE seq = 1', 'record 1 is missing'],
    [
      'records in the middle are deleted',
      "DELETE FROM block WHERE seq = (SELECT max(seq) FROM block WHERE kind = 'row')",
      'missing',
    ],
    [
      'the last record is deleted',
      'DELETE FROM block WHERE seq = (SELECT max(seq) FROM block)',
      'missing at the end',
    ],
    ['all records are deleted', 'DELETE FROM block', 'missing at the end'],
    ['the head is deleted', 'DELETE FROM head', 'the head of the chain is missing'],
    ['the head is set back', 'UPDATE head SET seq = seq - 1', 'beyond the head'],
    ['the head has another hash', `UPDATE head SET hash = ''`, 'the head of the chain is not as written'],
    ['a run has another name', `UPDATE run SET run_id = 'three' WHERE id = 1`, 'not as written'],
    ['a batch has another name', `UPDATE batch SET batch_id = 'b' WHERE id = 2`, 'not as written'],
    ['a batch is deleted', 'DELETE FROM batch WHERE id = 2', 'not as written'],
    ['a payload has another text', `UPDATE payload SET text = text || ' '`, 'is not as written'],
    ['a payload is deleted', 'DELETE FROM payload', 'without the payload'],
    [
      'a payload has another name',
      `UPDATE payload SET sha256 = '00' || substr(sha256, 3)`,
      'without the payload',
    ],
    [
      'two records change places',
      `CREATE TEMP TABLE swap AS SELECT * FROM block WHERE kind = 'entry' ORDER BY seq LIMIT 2;
       UPDATE block SET (body, common) = (SELECT s.body, s.common FROM swap s WHERE s.seq <> block.seq)
       WHERE seq IN (SELECT seq FROM swap)`,
      'not as written',
    ],
  ])('%s: is found', async (_what, change, problem) => {
    const report = await reportAfter(original, change);
    expect(report.intact).toBe(false);
    expect(report.problems.join('\n')).toContain(problem);
  });

  test.each([
    ['a payload is deleted', 'DELETE FROM payload', 'as it lacks the payload'],
    ['a record is no JSON', `UPDATE block SET body = '[' WHERE kind = 'entry'`, 'JSON'],
  ])('verify, %s: says so, and where reading ended, instead of failing', async (_what, change, reason) => {
    const path = trailPath();
    copyFileSync(original, path);
    const database = new DatabaseSync(path);
    database.exec(change);
    database.close();
    const { ok, findings } = await openTrail(path, { readOnly: true }).verify();
    expect(ok).toBe(false);
    expect(findings.at(-1)).toMatchObject({ about: 'chain' });
    expect(findings.at(-1)?.message).toMatch(/^Records can't be read any further: /);
    expect(findings.at(-1)?.message).toContain(reason);
  });

  test('a changed byte of the file is found', async () => {
    const path = trailPath();
    const bytes = readFileSync(original);
    let places = 0;
    // SQLite may have left a copy where nothing is any more
    for (let at = bytes.indexOf('secret answer'); at !== -1; at = bytes.indexOf('secret answer', at + 1)) {
      bytes[at]! ^= 1;
      places++;
    }
    expect(places).toBeGreaterThan(0);
    writeFileSync(path, bytes);
    const report = await openTrail(path, { readOnly: true }).verifyChain();
    expect(report.intact).toBe(false);
  });

  test('a damaged page is a problem, not a failure of the check', async () => {
    const path = trailPath();
    const bytes = readFileSync(original);
    // all copies, as above: the first may be where nothing is any more
    const places = [];
    for (let at = bytes.indexOf('secret answer'); at !== -1; at = bytes.indexOf('secret answer', at + 1)) {
      places.push(at);
    }
    expect(places).not.toEqual([]);
    for (const at of places) bytes.subarray(at - 2_000, at + 2_000).fill(0xff);
    writeFileSync(path, bytes);
    const report = await openTrail(path, { readOnly: true }).verifyChain();
    expect(report.intact).toBe(false);
  });
});
