import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureSendable, FrameReader, fromBytes, toBytes, writeFrame } from '../../src/engine/frames.ts';
import { cloneableTree, shapeOf } from '../core/arbitrary-values.ts';
import { wasmModule } from '../helpers/wasm-module.ts';

describe('frames', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'frames-'));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  function written(values: readonly unknown[]): Buffer {
    const file = join(folder, 'pipe');
    const fd = openSync(file, 'w');
    for (const value of values) writeFrame(fd, value);
    closeSync(fd);
    return readFileSync(file);
  }

  test('what was written is read, in whatever chunks it arrives', () => {
    fc.assert(
      fc.property(
        fc.array(cloneableTree, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (values, sizes) => {
          const bytes = written(values);
          const read: unknown[] = [];
          const reader = new FrameReader((value) => read.push(value));
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const size = sizes[turn % sizes.length]!;
            reader.push(bytes.subarray(at, at + size));
            at += size;
          }
          expect(read.map(shapeOf)).toEqual(values.map((value) => shapeOf(structuredClone(value))));
        },
      ),
    );
  });

  test('arrays keep their own buffers, and share those that they shared', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const read: unknown[] = [];
    const frames = written([{ bytes, buffer: bytes.buffer, floats: Float64Array.of(1.5), text: 'abc' }]);
    new FrameReader((value) => read.push(value)).push(frames);
    const [value] = read as [{ bytes: Uint8Array; buffer: ArrayBuffer; floats: Float64Array }];
    expect(value).toEqual({ bytes, buffer: bytes.buffer, floats: Float64Array.of(1.5), text: 'abc' });
    expect(value.bytes.buffer).toBe(value.buffer);
    expect(value.floats.buffer.byteLength).toBe(8);
  });

  test('of the pool of small Buffers, and of shared memory, only what the array has', () => {
    const read: { small: Uint8Array; part: Uint16Array; shared: Int32Array }[] = [];
    const pooled = Buffer.from('abc');
    expect(pooled.buffer.byteLength).toBeGreaterThanOrEqual(Buffer.poolSize);
    const shared = new Int32Array(new SharedArrayBuffer(16), 4, 2).fill(7);
    const frames = written([
      { small: structuredClone(pooled), part: Uint16Array.of(1, 2, 3).subarray(1), shared },
    ]);
    expect(frames.length).toBeLessThan(300);
    new FrameReader((value) => read.push(value as (typeof read)[0])).push(frames);
    expect(read).toEqual([
      { small: Uint8Array.of(97, 98, 99), part: Uint16Array.of(2, 3), shared: Int32Array.of(7, 7) },
    ]);
    expect(read[0]?.small.buffer.byteLength).toBe(3);
    expect(read[0]?.part.byteOffset).toBe(2);
  });

  test.each([
    ['a DataView', () => new DataView(new ArrayBuffer(8), 2, 4)],
    ['an empty array', () => new Float64Array(0)],
    ['big numbers', () => BigInt64Array.of(1n, -2n)],
    ['an array of a class', () => Reflect.construct(Uint8Array, [3], class extends Uint8Array {}) as object],
    ['arrays in an array', () => [Uint8Array.of(1), [Float32Array.of(0.5)]]],
  ])('%s: as structured clone', (_, make) => {
    expect(fromBytes(toBytes(make()))).toStrictEqual(structuredClone(make()));
  });

  test('ensureSendable: refuses what can be written, and not read', () => {
    const module = wasmModule();
    expect(() => toBytes(module)).not.toThrow();
    expect(() => ensureSendable({ module })).toThrow();
    expect(() => ensureSendable({ a: 1, bytes: new Uint8Array(8) })).not.toThrow();
  });

  test('what can not leave the process is refused, and nothing is written', () => {
    for (const value of [new SharedArrayBuffer(8), { call: () => 1 }]) {
      expect(() => written([value])).toThrow('could not be cloned');
      expect(written([])).toHaveLength(0);
    }
  });

  test('all at once, and a large one in pieces', () => {
    const values = [1, 'x'.repeat(1 << 20), { last: true }];
    const bytes = written(values);
    for (const size of [bytes.length, 65_536]) {
      const read: unknown[] = [];
      const reader = new FrameReader((value) => read.push(value));
      for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
      expect(read).toEqual(values);
    }
  });
});
