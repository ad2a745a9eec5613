/** Rows are handed over, and say what goes wrong while they run. */
import { CapacityError, move, TransformResult, type TransformContext } from '../../src/index.ts';

export interface PixelRow {
  readonly id: number;
  /** On the attempts up to `times` (default: all). */
  readonly what?: 'refuse' | 'give away and refuse' | 'throw' | 'exit' | 'loop' | 'never settle';
  readonly times?: number;
  /** The first says how often the row has run. */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

export interface PixelOutput {
  readonly id: number;
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** How much this thread still has of the output before this one. */
  readonly keptBytes: number;
}

let last: PixelOutput | undefined;

export default function moving(row: PixelRow, { attempt }: TransformContext): unknown {
  if (typeof row !== 'object') return row;
  const { id, what, times = Infinity, pixels } = row;
  pixels[0]! += 1;
  if (attempt <= times) {
    switch (what) {
      case 'refuse':
        throw new CapacityError(503);
      case 'give away and refuse':
        structuredClone(pixels, { transfer: [pixels.buffer] });
        throw new CapacityError(503);
      case 'throw':
        throw new Error(`row ${id}`);
      case 'exit':
        return process.exit(7);
      case 'loop':
        for (;;);
      case 'never settle':
        return new Promise(() => undefined);
      default:
        break;
    }
  }
  const keptBytes = last?.pixels.length ?? 0;
  last = { id, pixels, keptBytes };
  return id % 2 === 0 ? move(last) : TransformResult.success(move(last));
}

/** Gives what it gets. */
export function same(row: object): object {
  return typeof row === 'object' ? move(row) : row;
}
