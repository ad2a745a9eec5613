import { Writable } from 'node:stream';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { TextWriter, WriteError } from '../../src/cli/text-writer.ts';

/** A stream whose writes end when the test says so. */
function makeTarget() {
  const written: string[] = [];
  const pending: ((error?: Error) => void)[] = [];
  const stream = new Writable({
    highWaterMark: 1,
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk.toString());
      pending.push(done);
    },
  });
  const begin = vi.fn();
  const end = () => new Promise<void>((resolve) => stream.end(resolve));
  const writer = new TextWriter({ name: 'out', stream, begin, end });
  return { stream, written, begin, writer, finishWrite: (error?: Error) => pending.shift()?.(error) };
}

const large = 'x'.repeat(100_000);

describe('TextWriter', () => {
  test('small pieces leave together, as soon as nothing else happens', () => {
    vi.useFakeTimers({ toFake: ['setImmediate', 'clearImmediate'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const { writer, written } = makeTarget();
    expect(writer.write('a')).toBeUndefined();
    expect(writer.write('b')).toBeUndefined();
    expect(written).toEqual([]);
    vi.runAllTimers();
    expect(written).toEqual(['ab']);
  });

  test('a full stream makes the writer wait until it has room', async () => {
    const { stream, writer, written, finishWrite } = makeTarget();
    const waited = writer.write(large);
    expect(written).toEqual([large]);
    expect(waited).toBeInstanceOf(Promise);
    expect(stream.listenerCount('drain')).toBe(1);
    finishWrite();
    await waited;
    expect(stream.listenerCount('drain'), 'listeners on a stream that may be stdout').toBe(0);
    expect(writer.write('more')).toBeUndefined();
  });

  test('begin is called once, before the first write, or at the end when there is none', async () => {
    const { writer, begin, finishWrite } = makeTarget();
    expect(begin).not.toHaveBeenCalled();
    void writer.write(large);
    finishWrite();
    await writer.end();
    expect(begin).toHaveBeenCalledOnce();
    const empty = makeTarget();
    await empty.writer.end();
    expect(empty.begin).toHaveBeenCalledOnce();
    expect(empty.written).toEqual([]);
  });

  test('I10 a failure ends every wait, and every later write', async () => {
    const { writer, finishWrite } = makeTarget();
    const waited = writer.write(large);
    finishWrite(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
    await expect(waited).rejects.toThrow(new WriteError('out', new Error('no space')));
    await expect(writer.failed).rejects.toThrow('Cannot write out: no space');
    await expect(writer.end()).rejects.toThrow('Cannot write out: no space');
    expect(() => writer.write('x')).toThrow('Cannot write out: no space');
    expect((writer.failure as WriteError).closedPipe).toBe(false);
  });

  test('I10 a target that can not be opened is a failure, told at each write and at the end', async () => {
    const { writer, begin, written } = makeTarget();
    begin.mockImplementation(() => {
      throw new Error('read-only');
    });
    writer.begin();
    expect(() => writer.write(large)).toThrow('Cannot write out: read-only');
    await expect(writer.end()).rejects.toThrow('Cannot write out: read-only');
    expect(begin).toHaveBeenCalledOnce();
    expect(written).toEqual([]);
  });

  test('I10 a stream that throws is a failure as well', async () => {
    const stream = new Writable();
    vi.spyOn(stream, 'write').mockImplementation(() => {
      throw new Error('no space');
    });
    const writer = new TextWriter({
      name: 'out',
      stream,
      begin: () => undefined,
      end: () => Promise.resolve(),
    });
    void writer.write(large);
    await expect(writer.end()).rejects.toThrow('Cannot write out: no space');
  });

  test('a closed pipe is known as such', () => {
    expect(new WriteError('out', Object.assign(new Error(), { code: 'EPIPE' })).closedPipe).toBe(true);
  });
});
