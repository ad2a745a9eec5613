import type { MaybePromise } from '../../src/core/transform.ts';
import { fromTimer } from '../helpers/event-loop.ts';

/** As a module has it that keeps one promise for all rows. */
const fromBefore = Promise.withResolvers<never>();

export type OldPromiseRow = 'quiet' | 'rejects' | 'async';

export default function oldPromise(row: OldPromiseRow): MaybePromise<string> {
  if (row === 'rejects') fromBefore.reject(new Error('left in a promise from before'));
  return row === 'async' ? new Promise((resolve) => void fromTimer(() => resolve(row))) : row;
}
