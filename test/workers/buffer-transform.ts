/** Rows hold typed arrays and their buffers; the transform says what it finds. */
import type { TransformContext } from '../../src/index.ts';
import { wasmModule } from '../helpers/wasm-module.ts';

export interface BufferRow {
  readonly bytes?: Uint8Array;
  readonly buffer?: ArrayBufferLike;
  readonly floats?: Float64Array;
  /** Gives what not every worker can send. */
  readonly gives?: 'shared' | 'code';
}

export interface BufferOutput extends BufferRow {
  /** What the transform found: sizes of buffers, and whether the array was part of the buffer beside it. */
  readonly found: readonly unknown[];
}

export default function buffers(row: BufferRow, { workerData }: TransformContext): unknown {
  if (typeof row !== 'object') return row;
  if (row.gives === 'shared') return { memory: new SharedArrayBuffer(8) };
  if (row.gives === 'code') return { code: wasmModule() };
  const { bytes, buffer, floats } = row;
  const given = (workerData as { readonly bytes: Uint8Array }).bytes;
  const found = [bytes, floats, given].map((array) => array?.buffer.byteLength);
  return { ...row, found: [...found, bytes?.buffer === buffer] };
}
