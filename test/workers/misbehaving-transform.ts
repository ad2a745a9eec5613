/** Rows say what goes wrong while they run. */
import type { TransformContext } from '../../src/index.ts';
import { stageOf } from './stage-of.ts';

export interface MisbehavingRow {
  readonly id: number;
  /** On the attempts up to `times` (default: all). */
  readonly what?: 'loop' | 'never settles' | 'heeds the signal' | 'exit' | 'out of memory' | 'held';
  readonly times?: number;
}

export default function misbehaving(
  row: MisbehavingRow,
  { attempt, signal, workerData }: TransformContext,
): unknown {
  if (typeof row !== 'object') return row;
  const stage = stageOf(workerData);
  const { id, what, times = Infinity } = row;
  stage.enter(id, attempt);
  if (attempt <= times) {
    switch (what) {
      case 'loop':
        for (;;);
      case 'never settles':
        return new Promise(() => undefined);
      case 'heeds the signal':
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            stage.leave(id, attempt);
            reject(signal.reason as Error);
          });
        });
      case 'exit':
        return process.exit(7);
      case 'out of memory':
        return fill();
      case 'held':
        stage.awaitGate(id);
        break;
      default:
        break;
    }
  }
  stage.leave(id, attempt);
  return id * 10;
}

/** Many small objects: on these a thread ends with an error that the process survives. */
function fill(): never {
  const kept = new Map<number, object>();
  for (let key = 0; ; key++) kept.set(key % 50_000_000, { key, text: `object ${key}` });
}
