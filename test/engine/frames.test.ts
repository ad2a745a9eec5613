import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FrameReader, writeFrame } from '../../src/engine/frames.ts';
import { cloneableTree, shapeOf } from '../core/arbitrary-values.ts';

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
