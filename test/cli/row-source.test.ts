import { describe, expect, test, vi } from 'vitest';
import { LineSplitter } from '../../src/cli/line-splitter.ts';
import { RowSource, type RowSourceOptions, type SourceRow } from '../../src/cli/row-source.ts';
import { TextRows } from '../../src/index.ts';
import { isSettled } from '../helpers/event-loop.ts';

async function* chunksOf(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Promise.resolve(Buffer.from(text));
}

/** What was handed out, many at a time or not. */
function listed(value: SourceRow | TextRows | undefined): unknown[] {
  return value instanceof TextRows
    ? Array.from({ length: value.size }, (_, index) => value.at(index))
    : [value];
}

function optionsWith(options: Partial<RowSourceOptions> = {}): RowSourceOptions {
  return { onClose: () => undefined, onEmpty: () => Promise.reject(new Error('empty')), ...options };
}

const row = (line: number, text: string) => ({ line, text, problem: undefined });

describe('RowSource', () => {
  test('hands out rows, remembers them until their entry comes, and closes once at the end', async () => {
    const onClose = vi.fn();
    const source = new RowSource(
      chunksOf('1\n2', '', '2\n', '3'),
      new LineSplitter(),
      optionsWith({ onClose }),
    );
    const rows: unknown[] = [];
    for await (const value of source) rows.push(...listed(value));
    expect(rows).toEqual(['1', '22', '3']);
    expect(source.rowsRead).toBe(3);
    expect([0, 1, 2].map((index) => source.rowAt(index))).toEqual([row(1, '1'), row(2, '22'), row(3, '3')]);
    expect(() => source.rowAt(1)).toThrow('row 1 as it is not kept');
    expect(() => source.rowAt(3)).toThrow('row 3 as it is not kept');
    expect(await source.next()).toEqual({ done: true, value: undefined });
    expect(source.hasEnded).toBe(true);
    expect(onClose).toHaveBeenCalledOnce();
  });

  test('where only some rows are kept, each is handed out by itself', async () => {
    const isOdd = (rowIndex: number) => rowIndex % 2 === 1;
    const source = new RowSource(chunksOf('0\n1\n2\n3\n'), new LineSplitter(), optionsWith({ keeps: isOdd }));
    const rows: unknown[] = [];
    for await (const value of source) rows.push(value);
    expect(rows).toEqual(['0', '1', '2', '3']);
    expect([1, 3].map((index) => source.rowAt(index))).toEqual([row(2, '1'), row(4, '3')]);
    expect(() => source.rowAt(2)).toThrow('row 2 as it is not kept');
  });

  test('a row that could not be read travels as what is wrong with it', async () => {
    const source = new RowSource(chunksOf('12345\n'), new LineSplitter(2), optionsWith());
    expect(await source.next()).toEqual({ done: false, value: { malformed: 'longer than 2 bytes' } });
    expect(source.rowAt(0).line).toBe(1);
  });

  test('is closed while it deals with having no rows: it has not ended by itself', async () => {
    const gate = Promise.withResolvers<void>();
    const source = new RowSource(
      chunksOf('\n'),
      new LineSplitter(),
      optionsWith({ onEmpty: () => gate.promise }),
    );
    const next = source.next();
    await source.return();
    gate.resolve();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(source.hasEnded).toBe(false);
  });

  test('is closed while it waits for the input: what the input says then is of no interest', async () => {
    const input = Promise.withResolvers<Buffer>();
    const onEmpty = vi.fn();
    async function* chunks() {
      yield await input.promise;
    }
    const source = new RowSource(
      chunks(),
      new LineSplitter(),
      optionsWith({
        onClose: () => {
          input.reject(new Error('closed under the read'));
        },
        onEmpty,
      }),
    );
    const next = source.next();
    await source.return();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(onEmpty).not.toHaveBeenCalled();
  });

  test.for([[], [''], ['\n', ' \n']])(
    'an input without rows ends when it is done with that: %j',
    async (texts) => {
      const [empty, onClose] = [Promise.withResolvers<void>(), vi.fn()];
      const options = optionsWith({ onEmpty: () => empty.promise, onClose });
      const source = new RowSource(chunksOf(...texts), new LineSplitter(), options);
      const next = source.next();
      expect(await isSettled(next)).toBe(false);
      expect(onClose).not.toHaveBeenCalled();
      empty.resolve();
      expect(await next).toEqual({ done: true, value: undefined });
      expect(onClose).toHaveBeenCalledOnce();
    },
  );

  test('what is wrong with an input without rows is its error', async () => {
    const source = new RowSource(chunksOf(''), new LineSplitter(), optionsWith());
    await expect(source.next()).rejects.toThrow('empty');
  });

  test('an error of the input comes after the rows before it', async () => {
    async function* chunks() {
      yield Promise.resolve(Buffer.from('1\n'));
      throw new Error('broken');
    }
    const source = new RowSource(chunks(), new LineSplitter(), optionsWith());
    expect(listed((await source.next()).value)).toEqual(['1']);
    await expect(source.next()).rejects.toThrow('broken');
  });
});
