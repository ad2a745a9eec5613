import { describe, expect, test } from 'vitest';
import { fromBytes, toBytes } from '../../src/engine/value-bytes.ts';

describe('toBytes, fromBytes', () => {
  test('arrays keep their own buffers, and share those that they shared', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const given = { bytes, buffer: bytes.buffer, floats: Float64Array.of(1.5), text: 'abc' };
    const value = fromBytes(toBytes(given)) as typeof given;
    expect(value).toEqual({ bytes, buffer: bytes.buffer, floats: Float64Array.of(1.5), text: 'abc' });
    expect(value.bytes.buffer).toBe(value.buffer);
    expect(value.floats.buffer.byteLength).toBe(8);
  });

  test('of the pool of small Buffers, and of shared memory, only what the array has', () => {
    const pooled = Buffer.from('abc');
    expect(pooled.buffer.byteLength).toBeGreaterThanOrEqual(Buffer.poolSize);
    const shared = new Int32Array(new SharedArrayBuffer(16), 4, 2).fill(7);
    const part = Uint16Array.of(1, 2, 3).subarray(1);
    const bytes = toBytes({ small: structuredClone(pooled), part, shared });
    expect(bytes.length).toBeLessThan(300);
    const value = fromBytes(bytes) as { small: Uint8Array; part: Uint16Array; shared: Int32Array };
    expect(value).toEqual({
      small: Uint8Array.of(97, 98, 99),
      part: Uint16Array.of(2, 3),
      shared: Int32Array.of(7, 7),
    });
    expect(value.small.buffer.byteLength).toBe(3);
    expect(value.part.byteOffset).toBe(2);
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
});
