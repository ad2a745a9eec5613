/** Rows are handed over, and say what goes wrong while they run. */
import { CapacityError, move, TransformResult, type TransformContext } from '../../src/index.ts';
import { turns } from '../helpers/event-loop.ts';
import { stageOf } from './stage-of.ts';

export interface PixelRow {
  readonly id: number;
  /** On the attempts up to `times` (default: all). */
  readonly what?:
    | 'refuse'
    | 'give away and refuse'
    | 'change and refuse'
    | 'throw'
    | 'exit'
    | 'exit when told'
    | 'exit when over'
    | 'loop'
    | 'never settle';
  readonly times?: number;
  /** Whether it lets others have their turn before it ends. */
  readonly yields?: boolean;
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

export default function moving(row: PixelRow, context: TransformContext): unknown {
  if (typeof row !== 'object') return row;
  const { id, what, times = Infinity, yields = false, pixels } = row;
  pixels[0]! += 1;
  if (context.attempt <= times) {
    switch (what) {
      case 'refuse':
        throw new CapacityError(503);
      case 'give away and refuse':
        structuredClone(pixels, { transfer: [pixels.buffer] });
        throw new CapacityError(503);
      case 'change and refuse':
        Object.assign(row, { helper: () => 1 });
        throw new CapacityError(503);
      case 'throw':
        throw new Error(`row ${id}`);
      case 'exit':
        return process.exit(7);
      case 'exit when told':
        stageOf(context.workerData).enter(id);
        stageOf(context.workerData).awaitGate(id);
        return process.exit(7);
      case 'exit when over':
        void Promise.resolve().then(() => process.exit(7));
        break;
      case 'loop':
        for (;;);
      case 'never settle':
        return new Promise(() => undefined);
      default:
        break;
    }
  }
  return yields ? afterSomeTurns(() => outputOf(id, pixels)) : outputOf(id, pixels);
}

/** Gives what it gets. */
export function same(row: object): object {
  return typeof row === 'object' ? move(row) : row;
}

function outputOf(id: number, pixels: PixelRow['pixels']): unknown {
  const keptBytes = last?.pixels.length ?? 0;
  last = { id, pixels, keptBytes };
  return id % 2 === 0 ? move(last) : TransformResult.success(move(last));
}

async function afterSomeTurns(output: () => unknown): Promise<unknown> {
  await turns();
  return output();
}
