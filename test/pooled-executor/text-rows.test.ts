import { describe, expect } from 'vitest';
import {
  MemoryAuditTrail,
  type Entry,
  type EntryRun,
  type EntryStream,
  type TextRows,
} from '../../src/index.ts';
import { bothEngines } from '../helpers/engines.ts';
import { turns } from '../helpers/event-loop.ts';
import { test } from '../helpers/executor-fixture.ts';
import { collect, outputsOf, range } from '../helpers/rows.ts';
import { textRowsOf } from '../helpers/text-rows.ts';
import { makeDelayedTransform } from '../helpers/transforms.ts';
import { upper } from '../workers/text-transform.ts';

type Row = string | TextRows;

const textsOf = (count: number, prefix = 'row') => range(count).map((index) => `${prefix} ${index}`);
const upperCase = (texts: readonly string[]) => texts.map((text) => text.toUpperCase());

async function runsOf(stream: EntryStream<string>): Promise<EntryRun<string>[]> {
  const all: EntryRun<string>[] = [];
  for (let runs = await stream.nextRuns(); runs.length > 0; runs = await stream.nextRuns()) all.push(...runs);
  return all;
}

describe.each(bothEngines<Row, string>('text-transform.ts', upper as (row: Row) => string))(
  'stream of many rows at a time, $name',
  ({ name, transform }) => {
    test('gives an entry for each of them, in order, among rows that come by themselves', async ({
      createExecutor,
    }) => {
      const executor = createExecutor({ transform, poolSize: 2 });
      const groups = [textsOf(3_000, 'a'), ['single'], textsOf(20, 'b'), [], textsOf(1_000, 'c')];
      const source = groups.map((texts) => (texts.length === 1 ? texts[0]! : textRowsOf(texts)));
      const stream = executor.stream(source);
      const entries = await collect(stream);
      expect(outputsOf(entries)).toEqual(upperCase(groups.flat()));
      expect(entries.map(({ submitIndex, rowIndex }) => [submitIndex, rowIndex])).toEqual(
        range(4_021).map((index) => [index, index]),
      );
      expect(stream.stats).toMatchObject({ submitted: 4_021, successes: 4_021, attempts: 4_021 });
    });

    test('takes them as one text where all have succeeded, and else one by one', async ({
      createExecutor,
    }) => {
      const executor = createExecutor({ transform, poolSize: 2, sliceSize: 50 });
      const texts = textsOf(200).map((text, index) => (index === 120 ? 'fails' : text));
      const runs = await runsOf(executor.stream([textRowsOf(texts)]));
      const outputs = runs.flatMap((run) => run.texts?.list() ?? Array.from(run, messageOf));
      expect(outputs).toEqual(upperCase(texts).map((text) => (text === 'FAILS' ? 'no' : text)));
      const anyTogether = runs.some(({ texts: together }) => together !== undefined);
      expect(anyTogether).toBe(name === 'threads' && runs.length > 1);
    });

    test('a refused one is tried again, and keeps its place', async ({ createExecutor }) => {
      const executor = createExecutor({ transform, poolSize: 2, sliceSize: 8 });
      const texts = textsOf(40).map((text, index) => (index % 15 === 7 ? `refused ${index}` : text));
      const entries = await collect(executor.stream([textRowsOf(texts)]));
      expect(outputsOf(entries)).toEqual(upperCase(texts));
      expect(entries.filter(({ attempts }) => attempts === 2).map(({ rowIndex }) => rowIndex)).toEqual([
        7, 22, 37,
      ]);
    });
  },
);

describe('stream of many rows at a time', () => {
  test('lets in as many as the window has room for', async ({ createExecutor }) => {
    const delayed = makeDelayedTransform<Row, string>((row) => row as string);
    const executor = createExecutor({ transform: delayed.transform, poolSize: 10, sliceSize: 1 });
    const texts = textsOf(8);
    const stream = executor.stream([textRowsOf(texts)], { window: 3 });
    const first = stream.next();
    await delayed.started('row 2');
    await turns();
    expect(delayed.running).toEqual(textsOf(3));
    delayed.release('row 0');
    expect((await first).value?.rowIndex).toBe(0);
    await delayed.started('row 3');
    await turns();
    expect(delayed.running).toEqual(['row 1', 'row 2', 'row 3']);
    delayed.releaseAll();
    expect(outputsOf(await collect(stream))).toEqual(texts.slice(1));
  });

  test('records each by itself', async ({ createExecutor }) => {
    const audit = new MemoryAuditTrail();
    const executor = createExecutor<Row, string>({
      transform: (row) => `${row as string}!`,
      poolSize: 1,
      audit,
    });
    const texts = textsOf(50);
    const entries = await collect(executor.stream([textRowsOf(texts)], { runId: 'run' }));
    expect(outputsOf(entries)).toEqual(texts.map((text) => `${text}!`));
    const requests = audit.records.flatMap((record) => (record.kind === 'row' ? [record.request] : []));
    expect(requests).toEqual(texts);
  });

  test('a consumer that stops leaves nothing behind', async ({ createExecutor }) => {
    const executor = createExecutor<Row, string>(
      { transform: (row) => row as string, poolSize: 2 },
      { stopped: true },
    );
    const stream = executor.stream([textRowsOf(textsOf(5_000))], { window: 10 });
    await stream.next();
    await stream.return();
    expect(executor.pendingCount).toBe(0);
    expect(await stream.nextRuns()).toEqual([]);
  });
});

function messageOf({ result }: Entry<string>): string {
  return result.status === 'success' ? result.value : result.error.message;
}
