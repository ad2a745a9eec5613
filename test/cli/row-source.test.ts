import { describe, expect, test, vi } from 'vitest';
import { LineSplitter } from '../../src/cli/line-splitter.ts';
import { RowSource } from '../../src/cli/row-source.ts';

async function* chunksOf(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Promise.resolve(Buffer.from(text));
}

const row = (line: number, text: string) => ({ line, text, problem: undefined });

describe('RowSource', () => {
  test('hands out rows, remembers them until their entry comes, and closes once at the end', async () => {
    const onClose = vi.fn();
    const source = new RowSource(chunksOf('1\n2', '', '2\n', '3'), new LineSplitter(), onClose);
    const rows: unknown[] = [];
    for await (const text of source) rows.push(text);
    expect(rows).toEqual(['1', '22', '3']);
    expect(source.rowsRead).toBe(3);
    expect([0, 1, 2].map((index) => source.take(index))).toEqual([row(1, '1'), row(2, '22'), row(3, '3')]);
    expect(() => source.take(3)).toThrow('none was handed out');
    expect(await source.next()).toEqual({ done: true, value: undefined });
    expect(onClose).toHaveBeenCalledOnce();
  });

  test('a row that could not be read travels as what is wrong with it', async () => {
    const source = new RowSource(chunksOf('12345\n'), new LineSplitter(2), () => undefined);
    expect(await source.next()).toEqual({ done: false, value: { malformed: 'longer than 2 characters' } });
    expect(source.take(0)?.line).toBe(1);
  });

  test('is closed while it waits for the input: what the input says then is of no interest', async () => {
    const input = Promise.withResolvers<Buffer>();
    async function* chunks() {
      yield await input.promise;
    }
    const source = new RowSource(chunks(), new LineSplitter(), () => {
      input.reject(new Error('closed under the read'));
    });
    const next = source.next();
    await source.return();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  test('an error of the input comes after the rows before it', async () => {
    async function* chunks() {
      yield Promise.resolve(Buffer.from('1\n'));
      throw new Error('broken');
    }
    const source = new RowSource(chunks(), new LineSplitter(), () => undefined);
    expect(await source.next()).toEqual({ done: false, value: '1' });
    await expect(source.next()).rejects.toThrow('broken');
  });
});
